from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0007_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='groups',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list, verbose_name='groups'),
        ),
        migrations.AddField(
            model_name='person',
            name='scope',
            field=models.CharField(
                choices=[
                    ('all', 'All tickets'),
                    ('group', 'Tickets of their groups, and their own'),
                    ('restricted', 'Their own tickets only'),
                    ('unknown', 'Not known: their own tickets only'),
                ],
                db_default='unknown',
                default='unknown',
                max_length=10,
                verbose_name='tickets they see',
            ),
        ),
    ]
