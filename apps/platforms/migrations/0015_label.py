from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0014_canned'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='label',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
    ]
