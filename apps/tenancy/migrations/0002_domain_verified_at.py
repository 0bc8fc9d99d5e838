from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that may be empty: no rewrite, a lock of an instant."""

    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.AddField(model_name="domain", name="verified_at", field=models.DateTimeField(blank=True, null=True)),
    ]
