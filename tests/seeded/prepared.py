"""`python -m tests.seeded.prepared FOLDER`: a stopped cluster with roles and registry, for runs that copy it.

Making one takes half the time of a short run; copying it, none.
"""

from __future__ import annotations

import subprocess
import sys


def main() -> int:
    from tests import engines

    engines.start()
    try:
        subprocess.run([sys.executable, "manage.py", "migrate_database"], check=True)
        engines.postgres.stop()
        # Owners stay: run by root, the server belongs to somebody else.
        subprocess.run(["cp", "-a", engines.postgres.data, sys.argv[1]], check=True)
    finally:
        engines.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
