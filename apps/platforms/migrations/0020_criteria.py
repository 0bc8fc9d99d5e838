from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0019_number'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='readers',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='article',
            name='barred',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='person',
            name='criteria',
            field=models.JSONField(null=True),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(
                condition=models.Q(models.Q(('readers', []), _negated=True), models.Q(('barred', []), _negated=True), _connector='OR'),
                fields=['connection'],
                name='platforms_article_closed',
            ),
        ),
    ]
