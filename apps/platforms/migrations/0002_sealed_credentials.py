"""Credentials are declared as sealed. Changes no column."""

from django.db import migrations

import apps.core.fields


class Migration(migrations.Migration):
    dependencies = [("platforms", "0001_initial")]

    operations = [migrations.AlterField("connection", "credentials", apps.core.fields.SealedField())]
