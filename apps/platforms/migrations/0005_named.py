from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0004_check_report'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='named',
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
