from django.db import migrations


class Migration(migrations.Migration):
    """Points do not tell yet which products their sources belong to: the sweep has them told, without new vectors.

    Rewrites every chunk row once, under no lock that readers wait for."""

    dependencies = [
        ('search', '0003_files'),
    ]

    operations = [
        migrations.RunSQL("UPDATE search_chunk SET placed = '' WHERE placed <> ''", migrations.RunSQL.noop),
    ]
