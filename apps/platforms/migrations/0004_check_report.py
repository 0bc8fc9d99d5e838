from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0003_sweep'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='check_report',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='connection',
            name='checked_at',
            field=models.DateTimeField(null=True, verbose_name='checked'),
        ),
    ]
