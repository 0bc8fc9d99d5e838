"""The committed template is what the migrations make."""

from __future__ import annotations

import os
import subprocess
import sys

from apps.tenancy import template
from apps.tenancy.names import schema_of
from embedded.postgres import installation


def test_the_template_equals_freshly_migrated_schema(django_db_setup, superuser_url, tmp_path):
    output = tmp_path / "template.sql"
    command = [sys.executable, "manage.py", "build_template", "--superuser-url", superuser_url, "--output", str(output)]
    command += ["--pg-dump", str(installation() / "bin" / "pg_dump")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert _without_times(output.read_text()) == _without_times(template.FILE.read_text()), "run `make template`"


def _without_times(text: str) -> list[str]:
    """django_migrations rows carry the time they were applied."""
    import re

    return [re.sub(r"'\d{4}-\d\d-\d\d [\d:.+]+'", "'then'", line) for line in text.splitlines()]


def test_no_two_ids_share_a_schema():
    assert schema_of("a-b") != schema_of("ab")
