import apps.core.ids
import apps.tenancy.models
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0011_links'),
    ]

    operations = [
        migrations.AddField(
            model_name='article',
            name='portals',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='article',
            name='products',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('company_id', models.TextField(db_default=apps.tenancy.models.BoundCompany(), editable=False)),
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('remote_id', models.CharField(max_length=40)),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                ('portals', models.JSONField(default=list, verbose_name='portals')),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='platforms.connection')),
            ],
            options={
                'verbose_name': 'product',
                'verbose_name_plural': 'products',
            },
        ),
        migrations.AddField(
            model_name='ticket',
            name='product',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to='platforms.product'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('connection', 'remote_id'), name='platforms_product_key'),
        ),
    ]
