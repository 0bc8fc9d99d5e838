"""The table of a company's data keys. Takes no lock on what is there."""

from django.db import migrations, models

from apps.core.ids import uuid7


class Migration(migrations.Migration):
    dependencies = [("core", "0002_audit_chain")]

    operations = [
        migrations.CreateModel(
            name="CompanyKey",
            fields=[
                ("id", models.UUIDField(default=uuid7, editable=False, primary_key=True, serialize=False)),
                ("active", models.BooleanField(default=True)),
                ("wrapped", models.JSONField(editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "company key",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("active", True)), fields=("active",), name="core_companykey_active"
                    )
                ],
            },
        ),
    ]
