"""make messages: collect the texts of templates and code, compile the catalogues of all six translations."""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command

LOCALES = ("ko", "ja", "zh_Hans", "de", "fr", "es")


def main() -> int:
    """Needs gettext. Settings need no database here, only values that parse."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    os.environ.setdefault("SECRET_KEY", "collecting messages needs no secret at all")
    os.environ.setdefault("MASTER_KEYS", "k1:" + "A" * 43 + "=")
    django.setup()
    ignored = [".venv", ".data", "tests", "embedded", "simulators", "benchmarks", "staticfiles"]
    call_command("makemessages", locale=list(LOCALES), ignore_patterns=ignored, no_obsolete=True, no_location=True)
    call_command("compilemessages", locale=list(LOCALES), ignore_patterns=ignored)
    return 0


if __name__ == "__main__":
    sys.exit(main())
