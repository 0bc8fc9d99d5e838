from django.db import migrations


class Migration(migrations.Migration):
    """The small lists are read at once: products are among them now, and the tickets of an account that has some are
    listed once more."""

    dependencies = [
        ('ingest', '0011_stages'),
        ('platforms', '0012_products'),
    ]

    operations = [
        migrations.RunSQL("UPDATE ingest_stream SET next_at = now() WHERE kind = 'reference'", migrations.RunSQL.noop),
    ]
