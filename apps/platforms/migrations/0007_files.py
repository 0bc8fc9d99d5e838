from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0006_mapped_agents'),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='files',
            field=models.JSONField(null=True),
        ),
    ]
