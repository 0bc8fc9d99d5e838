from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0013_companies'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='outbox',
            name='ingest_outbox_due',
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(fields=['kind', 'priority', 'due_at', 'id'], name='ingest_outbox_turn'),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(condition=models.Q(('deliveries__gt', 0), ('aside__gt', 0), _connector='OR'), fields=['kind'], name='ingest_outbox_suspect'),
        ),
    ]
