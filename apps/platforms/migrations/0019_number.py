from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0018_unread'),
    ]

    operations = [
        migrations.AddField(
            model_name='ticket',
            name='number',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('number', ''), _negated=True), fields=['number'], name='platforms_ticket_number'),
        ),
    ]
