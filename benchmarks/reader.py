"""python -m benchmarks.reader COMPANY [WINDOW_MS]: what a worker of the queue `sync` does, until all is listed and stored.

Says "ready" when it may begin, waits for a line, and prints one JSON line at the end: seconds of CPU.
"""

from __future__ import annotations

import signal
import sys
import time

import django
import orjson


def main(company_id: str, window_ms: str = "60000") -> None:
    """`window_ms`: how long a minute of the account's budget is."""
    django.setup()
    from apps.ingest.models import Outbox, Stream
    from apps.ingest.outbox import work_off
    from apps.ingest.streams import due_streams
    from apps.ingest.sync import read_feed
    from apps.ingest.tasks import BUDGET_SECONDS
    from apps.platforms import budget
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company
    from config.warming import warm

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a worker's child; else asyncio.run writes out every answer for its handler
    warm()
    budget.WINDOW_MS = int(window_ms)
    company = Company.objects.get(company_id=company_id)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.process_time()
    with bind_company(company.binding()):
        while True:
            did = 0
            for stream_id in due_streams():
                turn = time.monotonic() + BUDGET_SECONDS
                read_feed(stream_id=stream_id, go_on=lambda turn=turn: time.monotonic() < turn)
            turn = time.monotonic() + BUDGET_SECONDS
            while time.monotonic() < turn and (claimed := work_off(Outbox.Kind.THREAD)):
                did += claimed
            unread = Stream.objects.filter(first_completed_at=None)
            if not did and not unread.exists() and not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists():
                break
            if not did:
                time.sleep(0.02)
    sys.stdout.write(orjson.dumps({"cpu": time.process_time() - began}).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
