"""python -m tests.browser.fill_sync: a helpdesk of acme in the middle of its first sync, with every kind of trouble."""

from __future__ import annotations

import sys
from datetime import timedelta

import django
import orjson


def main() -> int:
    django.setup()
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company

    with bind_company(Company.objects.get(company_id="acme").binding()):
        _trouble()
    sys.stdout.buffer.write(orjson.dumps({}))
    return 0


def _trouble() -> None:
    from django.utils import timezone

    from apps.ingest.deadletters import bury
    from apps.ingest.models import Outbox, Stream
    from apps.ingest.outbox import owe
    from apps.platforms.abilities import ABILITIES
    from apps.platforms.models import Connection, Ticket

    now = timezone.now()
    states = {"bulk_export": ("no", "not_used"), "signed_push": ("no", "not_offered"), "agents": ("no", "access_denied")}
    told = [dict(zip(("name", "state", "reason", "value"), (one, *states.get(one, ("yes", "tried")), None), strict=True)) for one in ABILITIES]
    Connection.objects.update(
        checked_at=now, calls_per_minute=400,
        check_report={
            "scope": "group", "languages": ["en", "de", "fr"], "statuses": 7, "own_statuses": 2, "warnings": ["scope_limited"],
            "tickets": 52, "abilities": told,
        },
    )  # fmt: skip
    Stream.objects.filter(kind="ids").update(held=31)
    Stream.objects.filter(kind="history").update(first_completed_at=None, lease_until=now + timedelta(hours=1))
    Stream.objects.filter(kind="spam").update(last_error="external_unavailable", failures=3)
    connection, ids = Connection.objects.first(), list(Ticket.objects.values_list("pk", flat=True))
    Ticket.objects.bulk_create(
        Ticket(connection=connection, remote_id=f"{900 + week}", status_category="closed", status_label="Closed", status_value="5",
               created_at=now - timedelta(weeks=week % 17, hours=week), updated_at=now - timedelta(weeks=60), raw_hash="x",
               thread_version="read" if week % 3 else "")
        for week in range(1, 36)
    )  # fmt: skip
    owe(Outbox.Kind.THREAD, list(Ticket.objects.filter(thread_version="").values_list("pk", flat=True)))
    bury(Outbox.Kind.BRIEF, str(ids[0]), code="worker_lost", count=3)
    bury(Outbox.Kind.THREAD, str(ids[1]), code="malformed_answer", count=3)


if __name__ == "__main__":
    sys.exit(main())
