import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0017_time_entries'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(
                models.F('connection'),
                django.db.models.functions.comparison.Collate('remote_id', 'C'),
                condition=models.Q(('thread_version', '')),
                name='platforms_ticket_unread',
            ),
        ),
    ]
