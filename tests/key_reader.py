"""A process that opens a company's secrets without end: `python -m tests.key_reader COMPANY`, for rotation tests.

Reads lines from standard input: 'plant N' stores N connections, 'read' starts reading (every second time with nothing
kept in memory), 'stop' ends it and prints one JSON line with the reads done and everything that failed.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback

import django
import orjson

PLAIN = {"api_key": "the one secret of every connection"}


def main() -> int:
    django.setup()
    from django.db import transaction

    from apps.core.crypto import forget_keys
    from apps.platforms.models import Connection
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company

    company = Company.objects.get(company_id=sys.argv[1])
    done, failed, ended = [0], [], threading.Event()

    def read() -> None:
        with bind_company(company.binding()):
            while not ended.is_set():
                try:
                    for connection in Connection.objects.all():
                        if done[0] % 2:
                            forget_keys()
                        assert connection.secrets() == PLAIN
                        done[0] += 1
                    time.sleep(0.005)
                except Exception:
                    failed.append(traceback.format_exc(limit=3))
                    return

    threads = []
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "plant":
            with bind_company(company.binding()), transaction.atomic():
                for one in range(int(number)):
                    connection = Connection(platform="freshdesk", account=f"desk-{one}.example")
                    connection.set_secrets(PLAIN)
                    connection.save()
            print("planted", flush=True)
        elif word == "read":
            threads = [threading.Thread(target=read)]
            for thread in threads:
                thread.start()
            print("reading", flush=True)
        elif word == "stop":
            break
    ended.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(orjson.dumps({"reads": done[0], "failed": failed}).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
