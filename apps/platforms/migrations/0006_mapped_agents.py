import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0005_named'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='mapped',
            field=models.CharField(
                blank=True,
                choices=[('email', 'By verified email'), ('hand', 'By hand')],
                db_default='',
                default='',
                max_length=5,
                verbose_name='connected',
            ),
        ),
        migrations.AlterField(
            model_name='person',
            name='user',
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to=settings.AUTH_USER_MODEL,
                verbose_name='person here',
            ),
        ),
    ]
