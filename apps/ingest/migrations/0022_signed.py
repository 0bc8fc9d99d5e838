import apps.core.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0021_threads'),
    ]

    operations = [
        migrations.AlterField(
            model_name='hook',
            name='header_digest',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='hook',
            name='sign_key',
            field=apps.core.fields.SealedField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='hook',
            name='old_sign_key',
            field=apps.core.fields.SealedField(blank=True, db_default='', default=''),
        ),
    ]
