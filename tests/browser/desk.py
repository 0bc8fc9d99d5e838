"""python -m tests.browser.desk: globex gets a simulated helpdesk and an agent of it (join), or its worker a turn (send)."""

from __future__ import annotations

import os
import sys

import django
import orjson

EMAIL = "desk@globex.example"


def main() -> int:
    django.setup()
    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company

    with bind_company(Company.objects.get(company_id="globex").binding()):
        told = join() if os.environ["DESK_STEP"] == "join" else send()
    sys.stdout.buffer.write(orjson.dumps(told))
    return 0


def join() -> dict[str, str]:
    from apps.accounts.models import User
    from apps.ingest.streams import ensure_streams
    from apps.platforms.agents import map_by_hand
    from apps.platforms.connecting import connect
    from apps.platforms.models import Person, Ticket
    from tests.browser.fill import PASSWORD
    from tests.ingest.test_sync import read_threads, run_feeds
    from tests.simulated import KEY

    connection, _ = connect(platform="freshdesk", options={"base_url": os.environ["DESK_URL"], "api_key": KEY})
    ensure_streams(connection)
    run_feeds()
    read_threads()
    agent = Person.objects.filter(connection=connection, kind="agent").exclude(email="").order_by("remote_id").first()
    person = User.objects.filter(email=EMAIL).first()
    person = person or User.objects.make(email=EMAIL, name="Desk Agent", role="agent", password=PASSWORD, language="en")
    assert agent is not None
    map_by_hand(person=person, agent_email=agent.email)
    ticket = Ticket.objects.shown().filter(connection=connection, customer__email__contains="@").order_by("remote_id").first()
    assert ticket is not None
    return {"ticket": str(ticket.pk), "number": ticket.remote_id, "customer": str(ticket.customer.email)}


def send() -> int:
    """What a worker does when its message comes."""
    from apps.platforms import sending

    due = sending.due_orders()
    for order_id in due:
        sending.send(order_id)
    return len(due)


if __name__ == "__main__":
    sys.exit(main())
