"""Tables of support access and of what companies tell the operators. Takes no lock on what is there."""

import apps.core.ids
import apps.tenancy.models
import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CompanyFigures',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('target', models.CharField(max_length=40, unique=True)),
                ('told_at', models.DateTimeField()),
                ('people', models.PositiveIntegerField()),
                ('tickets', models.PositiveIntegerField()),
                ('owed', models.PositiveIntegerField()),
                ('synced_at', models.DateTimeField(null=True)),
                ('health', models.CharField(choices=[('fine', 'Fine'), ('syncing', 'First sync'), ('delayed', 'Sync delayed'), ('refused', 'Key refused'), ('unconnected', 'Not connected')], max_length=12)),
                ('audit_entries', models.PositiveBigIntegerField()),
            ],
            options={
                'verbose_name': 'company figures',
                'verbose_name_plural': 'company figures',
            },
        ),
        migrations.CreateModel(
            name='SupportAccess',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=500)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('denied', 'Denied'), ('ended', 'Ended')], default='pending', max_length=10)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(null=True)),
                ('entered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('operator_id', models.UUIDField()),
                ('operator_name', models.CharField(max_length=120)),
                ('language', models.CharField(default='en', max_length=12)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'support access',
                'verbose_name_plural': 'support accesses',
            },
        ),
        migrations.CreateModel(
            name='SupportRequest',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=500)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('denied', 'Denied'), ('ended', 'Ended')], default='pending', max_length=10)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(null=True)),
                ('entered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('target', models.CharField(db_index=True, max_length=40)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'support request',
                'verbose_name_plural': 'support requests',
            },
        ),
        migrations.CreateModel(
            name='UsedPass',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('used_at', models.DateTimeField(auto_now_add=True)),
                ('access', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passes', to='console.supportaccess')),
            ],
            options={
                'verbose_name': 'used pass',
            },
        ),
        migrations.AddConstraint(
            model_name='supportaccess',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__lte', django.db.models.expressions.CombinedExpression(models.F('answered_at'), '+', models.Value(datetime.timedelta(seconds=3600)))), _connector='OR'), name='console_access_time_box'),
        ),
        migrations.AddConstraint(
            model_name='supportaccess',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('answered_at__isnull', False), ('until__isnull', False)), _connector='OR'), name='console_access_answered'),
        ),
    ]
