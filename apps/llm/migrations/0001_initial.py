import apps.core.fields
import apps.core.ids
import apps.tenancy.models
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ModelConnection',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=60, unique=True, verbose_name='label')),
                ('provider', models.CharField(choices=[('openai', 'OpenAI-compatible')], default='openai', max_length=20, verbose_name='provider')),
                ('base_url', models.CharField(max_length=300, verbose_name='address')),
                ('region', models.CharField(max_length=40, verbose_name='region')),
                ('credentials', apps.core.fields.SealedField()),
                ('names', models.JSONField(default=list, verbose_name='models')),
                ('state', models.CharField(choices=[('active', 'Active'), ('rejected', 'Refused')], default='active', max_length=10, verbose_name='state')),
                ('last_error', models.CharField(blank=True, max_length=60, verbose_name='last error')),
                ('checked_at', models.DateTimeField(null=True, verbose_name='checked')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'connection to models',
                'verbose_name_plural': 'connections to models',
            },
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('model', models.CharField(max_length=120, unique=True, verbose_name='model')),
                ('prompt', models.DecimalField(decimal_places=4, max_digits=12, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='a million tokens of prompts')),
                ('answer', models.DecimalField(decimal_places=4, max_digits=12, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='a million tokens of answers')),
            ],
            options={
                'verbose_name': 'price of a model',
                'verbose_name_plural': 'prices of models',
            },
        ),
        migrations.CreateModel(
            name='Spend',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('feature', models.CharField(choices=[('summary', 'Summaries'), ('reply', 'Suggested replies'), ('ask', 'Questions'), ('triage', 'Triage'), ('writing', 'Writing tools')], max_length=10)),
                ('agent', models.UUIDField(null=True)),
                ('groups', models.JSONField(default=list)),
                ('model', models.CharField(max_length=120)),
                ('tokens', models.BigIntegerField()),
                ('money', models.BigIntegerField(default=0)),
                ('calls', models.PositiveSmallIntegerField(default=0)),
                ('settled', models.BooleanField(default=False)),
                ('outcome', models.CharField(blank=True, max_length=20)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='FeatureChoice',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('feature', models.CharField(choices=[('summary', 'Summaries'), ('reply', 'Suggested replies'), ('ask', 'Questions'), ('triage', 'Triage'), ('writing', 'Writing tools')], max_length=10, unique=True, verbose_name='used for')),
                ('model', models.CharField(max_length=120, verbose_name='model')),
                ('second_model', models.CharField(blank=True, max_length=120, verbose_name='its model')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='choices', to='llm.modelconnection', verbose_name='connection to models')),
                ('second', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='llm.modelconnection', verbose_name='when it does not answer')),
            ],
            options={
                'verbose_name': 'choice of a model',
                'verbose_name_plural': 'choices of models',
            },
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('company', 'Everybody together'), ('group', 'One group'), ('agent', 'One person'), ('feature', 'One use')], default='company', max_length=10, verbose_name='for whom')),
                ('group', models.UUIDField(blank=True, null=True, verbose_name='id of the group')),
                ('feature', models.CharField(blank=True, choices=[('summary', 'Summaries'), ('reply', 'Suggested replies'), ('ask', 'Questions'), ('triage', 'Triage'), ('writing', 'Writing tools')], max_length=10, verbose_name='used for')),
                ('unit', models.CharField(choices=[('tokens', 'Tokens'), ('money', 'Money')], default='tokens', max_length=10, verbose_name='counted in')),
                ('period', models.CharField(choices=[('day', 'A day'), ('month', 'A month')], default='month', max_length=10, verbose_name='limit for')),
                ('most', models.DecimalField(decimal_places=2, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='at most')),
                ('used', models.BigIntegerField(default=0, editable=False)),
                ('starts', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'budget for models',
                'verbose_name_plural': 'budgets for models',
                'constraints': [models.UniqueConstraint(fields=('scope', 'group', 'agent', 'feature', 'unit', 'period'), name='llm_budget_one', nulls_distinct=False)],
            },
        ),
    ]
