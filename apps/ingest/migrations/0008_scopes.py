from django.db import migrations


class Migration(migrations.Migration):
    """Agents are read at once: until it is known what they see in the helpdesk, they see their own tickets only."""

    dependencies = [
        ('ingest', '0007_second'),
        ('platforms', '0008_scope'),
    ]

    operations = [
        migrations.RunSQL("UPDATE ingest_stream SET next_at = now() WHERE kind = 'reference'", migrations.RunSQL.noop),
    ]
