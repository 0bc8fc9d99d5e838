from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platforms', '0009_outgoing'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=12),
        ),
        migrations.AddField(
            model_name='attachment',
            name='outcome',
            field=models.CharField(blank=True, choices=[('read', 'Read'), ('too_large', 'Too large to read'), ('not_readable', 'Holds no words that can be read'), ('encrypted', 'Locked with a password'), ('unsafe_type', 'Not read for safety')], db_default='', default='', max_length=12, verbose_name='reading'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='text',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='connection',
            name='reads_files',
            field=models.BooleanField(db_default=True, default=True, verbose_name='reads files'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['id'], name='platforms_attachment_unread'),
        ),
    ]
