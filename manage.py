#!/usr/bin/env python
"""Deskhand's command line: `manage.py dev` brings a whole site up, every other command is Django's."""

from __future__ import annotations

import base64
import os
import secrets
import sys

# These change schemas, so they use the login deskhand_migrate instead of deskhand_app.
OWNER_COMMANDS = {"migrate_database", "migrate_companies", "build_template", "migrate_schemas"}
# These ask somebody else's account and touch nothing of ours: without an installation's keys they get throwaway ones.
ALONE_COMMANDS = {"probe"}


def _throwaway_ring() -> str:
    return f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "dev":
        from embedded.dev import main as dev  # noqa: PLC0415 - runs before there is a database to configure

        sys.exit(dev(sys.argv[2:]))
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_LOGIN"] = "migrate"
    if command in ALONE_COMMANDS:
        for name, value in (("SECRET_KEY", secrets.token_hex(32)), ("MASTER_KEYS", _throwaway_ring())):
            if f"{name}_FILE" not in os.environ:
                os.environ.setdefault(name, value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the environment is set

    from config.env import Misconfigured  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as exc:
        sys.exit(f"{exc}")


if __name__ == "__main__":
    main()
