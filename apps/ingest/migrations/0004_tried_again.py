from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0003_slow_feeds'),
    ]

    operations = [
        migrations.AddField(
            model_name='outbox',
            name='aside',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='deadletter',
            name='rounds',
            field=models.SmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='deadletter',
            name='again_at',
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
