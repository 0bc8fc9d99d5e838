"""python -m tests.faults.first_brief: inside a running demo, wait until a page shows a ticket of acme with a brief."""

from __future__ import annotations

import os
import sys
import time
from urllib.parse import urlsplit

import psycopg

QUERY = "SELECT ticket_id, outcome FROM c_acme.assistant_brief LIMIT 1"


def main() -> int:
    url, until = os.environ["DATABASE_URL"].replace("deskhand_app@", "postgres@"), time.monotonic() + 120
    with psycopg.connect(url, autocommit=True) as owner:
        while time.monotonic() < until:
            if row := owner.execute(QUERY).fetchone():
                sys.stdout.write(f"first brief of acme: {row[1]}, on port {urlsplit(os.environ['PUBLIC_URL']).port}\n")
                return 0
            time.sleep(0.5)
    return 1


if __name__ == "__main__":
    sys.exit(main())
