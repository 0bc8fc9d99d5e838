import apps.core.ids
import apps.tenancy.models
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0013_firms'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReadyAnswer',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('remote_id', models.CharField(max_length=40)),
                ('title', models.TextField(blank=True, verbose_name='title')),
                ('text', models.TextField(blank=True)),
                ('folder', models.CharField(blank=True, max_length=200)),
                ('audience', models.CharField(choices=[('all', 'All agents'), ('groups', 'Some groups')], max_length=10)),
                ('groups', models.JSONField(default=list)),
                ('raw_hash', models.CharField(max_length=64)),
                ('sweep', models.BigIntegerField(default=0)),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='platforms.connection')),
            ],
            options={
                'verbose_name': 'saved reply',
                'verbose_name_plural': 'saved replies',
                'constraints': [models.UniqueConstraint(fields=('connection', 'remote_id'), name='platforms_ready_key')],
            },
        ),
    ]
