"""A ticket is read once more for two credits, and what is named is indexed once more; unchanged text keeps its vectors."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command

from apps.core.errors import BadInput, Conflict, NotFound, RateLimited
from apps.core.models import AuditEvent
from apps.ingest import again, hints, indexing
from apps.ingest.again import AT_ONCE, reindex, sync_tickets
from apps.ingest.hints import opened
from apps.ingest.management.working import work_until_done
from apps.ingest.models import Hint, Outbox
from apps.ingest.outbox import work_off
from apps.platforms.models import Connection, Message, Ticket
from apps.search.models import Chunk
from tests.ingest.test_hints import credits_of, open_ticket
from tests.ingest.test_sync import allow, join, settle
from tests.mirror import FIX, article_data, fill, make_connection, message_data, ticket_data
from tests.simulated import Simulator, running

SYNC, REINDEX = "/api/v1/sync/tickets/", "/api/v1/sync/reindex/"


@pytest.fixture
def simulator(in_acme, settings) -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "12", "--plan", "unlimited") as one:
        allow(settings, one)
        settle(join(one))
        while work_off(Outbox.Kind.INDEX_TICKET):
            pass
        Outbox.objects.all().delete()
        yield one


@pytest.fixture
def filled(in_acme, monkeypatch) -> Connection:
    """Without a helpdesk: whoever would ask one fails."""
    connection = fill([(ticket_data(7, "Earbud is dead", FIX), [message_data(1, 7, "We send another one.")])], [article_data(3, "Charging", FIX)])
    monkeypatch.setattr(hints, "open_adapter", None)
    Outbox.objects.all().delete()
    return connection


@pytest.fixture
def embedded(monkeypatch) -> list[int]:
    """How many texts were embedded, call by call."""
    counts: list[int] = []
    points = indexing._points
    monkeypatch.setattr(indexing, "_points", lambda fresh: counts.append(len(fresh)) or points(fresh))
    return counts


def test_tickets_are_read_for_two_credits_each_once_however_often_asked(simulator, embedded, monkeypatch):
    gates = []
    open_adapter = hints.open_adapter
    monkeypatch.setattr(hints, "open_adapter", lambda one, *, urgent: gates.append(urgent) or open_adapter(one, urgent=urgent))
    changed = open_ticket()
    other = Ticket.objects.filter(state="live", message_count__range=(2, 8)).exclude(pk=changed.pk).first()
    simulator.update(op="note", ticket=int(changed.remote_id))
    spent = credits_of(simulator)
    asked = sync_tickets([changed.remote_id, other.remote_id])
    assert asked.left() == 2 and asked.unknown == []
    assert sync_tickets([other.remote_id, changed.remote_id]).left() == 2
    work_until_done(asked.left, seconds=60)
    assert credits_of(simulator) - spent == 4
    assert Message.objects.filter(ticket=changed).count() == changed.message_count + 1
    assert embedded == [1], "the new note"
    assert gates == [False], "out of what background work may use: a company cannot spend what agents need with it"


def test_an_agent_who_opens_a_chosen_ticket_need_not_wait_for_the_others(filled):
    ticket = Ticket.objects.get()
    sync_tickets([ticket.remote_id])
    assert opened(ticket, filled)
    assert Outbox.objects.get().priority == hints.OPENED
    assert not opened(ticket, filled)


def test_what_we_do_not_hold_is_asked_for_and_what_could_not_be_read_is_told(simulator, capsys):
    number, telling = open_ticket().remote_id, io.StringIO()
    Ticket.objects.filter(remote_id=number).delete()
    call_command("sync", "acme", tickets=f"{number},987654321", wait=True, json=True, stdout=telling)
    told = orjson.loads(capsys.readouterr().out)
    assert (told["asked"], sorted(told["unknown"]), told["failed"], told["left"]) == (2, sorted([number, "987654321"]), {}, 0)
    assert Ticket.objects.get(remote_id=number).thread_version
    asked = sync_tickets([number])
    Hint.objects.filter(pk__in=asked.hints).update(error="external_unavailable")
    assert asked.failed() == {number: "external_unavailable"}


def test_an_index_made_again_embeds_nothing_unless_it_is_to_be_afresh(filled, embedded):
    named = {"tickets": ["7", "987654321"], "articles": ["3", "7"]}
    asked = reindex(**named)
    assert asked.unknown == ["987654321", "7"] and asked.left() == 2
    reindex(**named)
    work_until_done(asked.left, seconds=60)
    assert embedded == []
    work_until_done(reindex(**named, afresh=True).left, seconds=60)
    assert sum(embedded) == Chunk.objects.count() >= 3


@pytest.mark.parametrize(
    ("numbers", "code", "words"),
    [
        (["4711", "x"], "number_invalid", "entry 2"), (["1 OR 1"], "number_invalid", "for example"),
        (["9" * 21], "number_invalid", "entry 1"), ([str(one) for one in range(AT_ONCE + 1)], "too_many", f"at most {AT_ONCE}"),
        ([], "nothing_named", "Name"), ([" "], "nothing_named", "Name"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong_where_and_how_to_mend_it(in_acme, numbers, code, words):
    for order in (lambda: reindex(tickets=numbers), lambda: sync_tickets(numbers)):
        with pytest.raises(BadInput) as refused:
            order()
        assert refused.value.code == code
        assert "tickets" in refused.value.message and words in refused.value.message
    assert not Outbox.objects.exists()


def test_nothing_is_asked_where_no_connection_is_read_or_too_many_wait(in_acme, monkeypatch):
    with pytest.raises(NotFound):
        sync_tickets(["1"])
    connection = make_connection()
    monkeypatch.setattr(again, "WAITING_MOST", 2)
    sync_tickets(["1", "2"])
    with pytest.raises(RateLimited) as refused:
        sync_tickets(["3"])
    assert refused.value.code == "too_many_waiting"
    Connection.objects.filter(pk=connection.pk).update(state=Connection.State.PAUSED)
    with pytest.raises(Conflict):
        sync_tickets(["1"])
    assert Outbox.objects.count() == 2


def test_the_api_is_for_admins_takes_our_id_or_the_number_and_is_one_job(filled, in_acme, client_of):
    admin, ticket, strange = client_of(in_acme, "admin"), Ticket.objects.get(), str(uuid4())
    for name in (str(ticket.pk), ticket.remote_id):
        answer = admin.post(SYNC, {"tickets": [name, strange]}, "application/json")
        assert (answer.status_code, answer.json()) == (202, {"owed": 1, "unknown": [strange], "left": 1})
    assert Outbox.objects.get(kind=Outbox.Kind.HINT).priority == hints.CHOSEN
    for _ in range(2):
        answer = admin.post(REINDEX, {"tickets": [ticket.remote_id]}, "application/json")
        assert (answer.status_code, answer.json()) == (202, {"owed": 1, "unknown": [], "left": 1})
    entries = AuditEvent.objects.filter(event__in=("tickets_synced", "reindex_ordered")).order_by("seq")
    assert [(one.event, one.facts["count"]) for one in entries] == [("tickets_synced", 1)] * 2 + [("reindex_ordered", 1)] * 2
    refused = admin.post(REINDEX, {"tickets": ["4711", "x"]}, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "number_invalid")
    assert "entry 2" in refused.json()["detail"]
    for body in ({}, {"all": True, "tickets": ["1"]}, {"tickets": "1"}):
        assert admin.post(REINDEX, body, "application/json").status_code == 400
    for role in ("lead", "agent", "privacy"):
        assert client_of(in_acme, role).post(REINDEX, {"all": True}, "application/json").status_code == 403
        assert client_of(in_acme, role).post(SYNC, {"tickets": ["1"]}, "application/json").status_code == 403


def test_calls_are_counted_for_the_company_not_for_the_person(in_acme, client_of):
    make_connection()
    admin = client_of(in_acme, "admin")
    answers = [admin.post(SYNC, {"tickets": ["1"]}, "application/json") for _ in range(11)]
    assert [one.status_code for one in answers] == [202] * 10 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 31
    assert admin.post(REINDEX, {"all": True}, "application/json").status_code == 202, "counted by itself"
    assert [admin.post(REINDEX, {"all": True}, "application/json").status_code for _ in range(2)] == [202, 429]
