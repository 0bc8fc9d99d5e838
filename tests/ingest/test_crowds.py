"""Many tickets of one second, and edits of many at once while a list is read: every row arrives in its last version (F25)."""

from __future__ import annotations

import pytest

from apps.ingest.models import Stream
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import read_feed
from apps.platforms.models import Ticket
from tests.ingest.test_sync import allow, join
from tests.simulated import Simulator, running


def read_rows(connection) -> None:
    """The feeds of tickets to their end; threads are not asked for here."""
    hurry(connection)
    rows = (Stream.Kind.TICKETS, Stream.Kind.HISTORY)
    while due := set(due_streams()) & set(Stream.objects.filter(kind__in=rows).values_list("pk", flat=True)):
        for stream_id in due:
            read_feed(stream_id=stream_id, go_on=lambda: True)


def live(simulator: Simulator) -> dict[str, tuple[str, str]]:
    rows = simulator.told("truth")["tickets"]
    return {row["remote_id"]: (row["subject"], row["updated_at"]) for row in rows if row["state"] == "live"}


def ours() -> dict[str, tuple[str, str]]:
    found = Ticket.objects.filter(state="live", deleted=False).values_list("remote_id", "subject", "updated_at")
    return {number: (subject, at.strftime("%Y-%m-%dT%H:%M:%SZ")) for number, subject, at in found}


@pytest.mark.parametrize(("tickets", "edits"), [(600, 500), pytest.param(3000, 2500, marks=pytest.mark.soak)])  # 4 and 16 s
def test_edits_of_many_in_one_second_while_they_are_read_lose_nothing(in_acme, settings, tickets, edits):
    """The edits come in the middle of the first walk, and half of them again, in another second, while that is walked."""
    with running("--account", "generated", "--tickets", str(tickets), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        chosen = [int(number) for number in live(simulator)][:edits]
        simulator.tell("script", rules=[
            {"after": 3, "apply": [{"op": "subject", "tickets": chosen, "value": "all at once"}]},
            {"after": 7, "apply": [{"op": "subject", "tickets": chosen[: edits // 2], "value": "and half of them again"}]},
        ])  # fmt: skip
        read_rows(connection)
        simulator.tell("script", rules=[])
        read_rows(connection)
        theirs = live(simulator)
        assert len({at for _, at in theirs.values()}) < tickets - edits + 5, "they share their seconds"
        assert ours() == theirs
