"""A table of where people are signed in. Its foreign key locks the table of people against writes for a moment."""

import apps.core.ids
import apps.tenancy.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_second_factor'),
    ]

    operations = [
        migrations.CreateModel(
            name='UserSession',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(editable=False, max_length=40, null=True, unique=True)),
                ('role', models.CharField(editable=False, max_length=10, verbose_name='role')),
                ('begun_at', models.DateTimeField(editable=False, verbose_name='signed in')),
                ('last_seen_at', models.DateTimeField(editable=False, verbose_name='last seen')),
                ('expires_at', models.DateTimeField(editable=False, verbose_name='expires')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='ended')),
                ('browser', models.CharField(editable=False, max_length=20, verbose_name='browser')),
                ('system', models.CharField(editable=False, max_length=20, verbose_name='operating system')),
                ('network', models.CharField(editable=False, max_length=45, verbose_name='network')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at', None), ('digest', None), _connector='OR'), name='accounts_usersession_ended_has_no_key')],
            },
        ),
    ]
