"""make template: build apps/tenancy/template.sql on engines of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from embedded.postgres import SUPERUSER, Postgres, installation
from embedded.roles import DATABASE, ensure_roles
from embedded.site import ROOT


def main() -> int:
    """Start PostgreSQL in a scratch folder, migrate, dump. Returns the exit code of the step that failed, or 0."""
    with tempfile.TemporaryDirectory(prefix="deskhand-template-") as folder:
        postgres = Postgres(Path(folder), fsync=False).start()
        try:
            ensure_roles(postgres)
            environment = os.environ | {
                "SECRET_KEY": "building the template needs no secret",
                "MASTER_KEYS": "k1:" + "A" * 43 + "=",
                "DATABASE_URL": postgres.dsn("deskhand_app", DATABASE),
                "MIGRATE_DATABASE_URL": postgres.dsn("deskhand_migrate", DATABASE),
            }
            build = ["build_template", "--superuser-url", postgres.dsn(SUPERUSER, DATABASE)]
            build += ["--pg-dump", str(installation() / "bin" / "pg_dump")]
            for command in (["migrate_database"], build):
                code = subprocess.call([sys.executable, "manage.py", *command], cwd=ROOT, env=environment)
                if code:
                    return code
        finally:
            postgres.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
