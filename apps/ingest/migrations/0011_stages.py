import apps.tenancy.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0010_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='StageTime',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('stage', models.CharField(choices=[('waiting', 'Waiting its turn'), ('reading', 'Reading the helpdesk'), ('storing', 'Storing'), ('chunking', 'Cutting into chunks'), ('embedding', 'Computing the meaning'), ('placing', 'Placing in the index'), ('brief', 'Making briefs')], max_length=10, unique=True)),
                ('count', models.BigIntegerField(default=0)),
                ('recent', models.JSONField(default=list)),
            ],
            options={
                'verbose_name': 'time of a step',
                'verbose_name_plural': 'times of steps',
            },
        ),
    ]
