#!/usr/bin/env python
"""Bring companies from JSON files into PostgreSQL: manage.py import_json under the name people look for."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """The same arguments, settings and exit code."""
    home = Path(__file__).resolve().parent.parent
    manage = str(home / "manage.py")
    os.execv(sys.executable, [sys.executable, manage, "import_json", *sys.argv[1:]])  # noqa: S606 - ourselves, no shell


if __name__ == "__main__":
    main()
