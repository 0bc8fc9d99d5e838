"""A company with a simulated helpdesk and a person who is one of its agents: for tests of what is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from apps.accounts.verifying import note_verified
from apps.ingest.models import Stream
from apps.platforms import budget, sending
from apps.platforms.models import Connection, Person, Ticket
from apps.platforms.ordering import order
from apps.platforms.outgoing import Outgoing
from tests.ingest.test_sync import allow, join, run_feeds
from tests.ingest.test_sync import read_threads as read_owed
from tests.simulated import Simulator


@dataclass
class Desk:
    """Inside the company."""

    simulator: Simulator
    connection: Connection
    person: Any
    agent: Person

    def ticket(self, number: int) -> Ticket:
        return Ticket.objects.select_related("customer").get(connection=self.connection, remote_id=str(number))

    def order(self, number: int, text: str, kind: str = "reply", key: str = "", **more: Any) -> Outgoing:
        key = key or f"test-{uuid4().hex}"
        return order(person=self.person, ticket=self.ticket(number), kind=kind, key=key, text=text, **more)

    def texts(self, *numbers: int) -> Counter[str]:
        """How often each text of this agent is in the helpdesk's threads."""
        rows = [row for number in numbers for row in self.thread(number)]
        return Counter(row["body_text"] for row in rows if str(row["user_id"]) == self.agent.remote_id)

    def thread(self, number: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(page := self.simulator.get(f"/tickets/{number}/conversations", per_page=100, page=len(found) // 100 + 1).json()) == 100:
            found += page
        return found + page

    def poll(self) -> None:
        """What the sync does by itself."""
        Stream.objects.update(next_at=timezone.now() - timedelta(seconds=1), failures=0)
        run_feeds()
        read_owed()


def open_desk(simulator: Simulator, settings: Any, company: Any, make_user: Any) -> Desk:
    allow(settings, simulator)
    connection = join(simulator)
    run_feeds()
    read_owed()
    agent = Person.objects.filter(kind="agent").exclude(email="").order_by("remote_id")[1]
    person = make_user(company, email=agent.email)
    with transaction.atomic():
        note_verified(person, mode="link")
    agent.refresh_from_db()
    assert agent.user_id == person.pk
    return Desk(simulator, connection, person, agent)


def pass_time() -> None:
    """Everybody who waits has waited: leases of the dead, calls that may still arrive, an account that rests."""
    now = timezone.now()
    Outgoing.objects.filter(state__in=Outgoing.OPEN).update(due_at=now, repeat_at=now, claimed_until=None)
    values, lanes, _names = budget._keys()
    budget.server().remove(values, lanes)


def send_all(most: int = 40) -> int:
    """Rounds until nothing is open; how many there were."""
    for rounds in range(most):
        if not Outgoing.objects.filter(state__in=Outgoing.OPEN).exists():
            return rounds
        pass_time()
        for order_id in sending.due_orders():
            sending.send(order_id)
    raise AssertionError(f"open after {most} rounds: {list(Outgoing.objects.values_list('state', 'code'))}")
