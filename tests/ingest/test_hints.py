"""A hint brings its ticket as the helpdesk has it, for two credits; opening a ticket is a hint; nothing waits for either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ingest import hints
from apps.ingest.hints import APART_SECONDS, TRIES, live, opened, read_hints, sweep_hints, tell
from apps.ingest.models import Hint, Outbox
from apps.ingest.outbox import due_kinds, owe, work_off
from apps.ingest.sql import claim_rows
from apps.platforms.budget import forget_refusal
from apps.platforms.models import Connection, Message, Person, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, settle
from tests.mirror import make_connection
from tests.simulated import Simulator, running

HTMX = {"hx-request": "true"}


@pytest.fixture
def simulator(in_acme, settings) -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "40", "--plan", "unlimited") as one:
        allow(settings, one)
        settle(join(one))
        Outbox.objects.all().delete()
        yield one


@pytest.fixture
def connection(simulator) -> Connection:
    return Connection.objects.get()


def open_ticket() -> Ticket:
    """One with a short thread."""
    return Ticket.objects.filter(state="live", deleted=False, message_count__range=(2, 8)).order_by("pk").first()


def credits_of(simulator: Simulator) -> int:
    return simulator.told("log")["credits"]


def read(connection: Connection, number: str) -> int:
    """Told and read; the credits it cost."""
    Hint.objects.filter(remote_id=number).update(read_at=None)
    Outbox.objects.filter(kind=Outbox.Kind.HINT).delete()
    hints.looks.begin("acme", hints.WAITS, (str(connection.pk), number), {})
    tell(connection.pk, [number])
    assert Outbox.Kind.HINT in due_kinds()
    assert work_off(Outbox.Kind.HINT) == 1
    return Hint.objects.filter(remote_id=number, error="").count()


def test_a_reply_is_here_after_its_hint_for_two_credits_and_owes_index_but_no_thread(simulator, connection):
    ticket = open_ticket()
    before, version = ticket.message_count, ticket.thread_version
    simulator.update(op="note", ticket=int(ticket.remote_id))
    spent = credits_of(simulator)
    read(connection, ticket.remote_id)
    assert credits_of(simulator) - spent == 2
    ticket.refresh_from_db()
    assert ticket.message_count == before + 1
    assert ticket.thread_version != version
    assert Message.objects.filter(ticket=ticket).count() == before + 1
    kinds = set(Outbox.objects.values_list("kind", flat=True))
    assert Outbox.Kind.INDEX_TICKET in kinds
    assert not kinds & {Outbox.Kind.THREAD, Outbox.Kind.LOOK, Outbox.Kind.HINT}


def test_a_long_thread_costs_one_credit_more_and_comes_whole(simulator, connection):
    long = Ticket.objects.filter(state="live", deleted=False, message_count__gt=12).order_by("-message_count").first()
    simulator.update(op="note", ticket=int(long.remote_id))
    spent = credits_of(simulator)
    read(connection, long.remote_id)
    assert credits_of(simulator) - spent == 3
    assert Message.objects.filter(ticket=long).count() == long.message_count + 1


def test_a_ticket_nobody_has_seen_comes_with_the_name_of_its_customer(simulator, connection):
    ticket = open_ticket()
    number, customer = ticket.remote_id, ticket.customer
    Ticket.objects.filter(pk=ticket.pk).delete()
    Person.objects.filter(pk=customer.pk).delete()
    spent = credits_of(simulator)
    read(connection, number)
    assert credits_of(simulator) - spent == 3
    made = Ticket.objects.get(remote_id=number)
    assert made.customer.name == customer.name
    assert made.message_count == ticket.message_count


def test_what_has_not_changed_changes_nothing(simulator, connection):
    ticket = open_ticket()
    read(connection, ticket.remote_id)  # from list to view: settled from now on
    Outbox.objects.all().delete()
    before = Ticket.objects.values().get(pk=ticket.pk)
    read(connection, ticket.remote_id)
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert not Outbox.objects.exists()


def test_a_ticket_that_is_gone_is_looked_at_and_removed_and_a_number_of_nobody_does_nothing(simulator, connection):
    ticket = open_ticket()
    simulator.update(op="destroy", ticket=int(ticket.remote_id))
    read(connection, ticket.remote_id)
    assert not Ticket.objects.get(pk=ticket.pk).deleted  # not on the word of one call
    work_off(Outbox.Kind.LOOK)
    assert Ticket.objects.filter(pk=ticket.pk, deleted=False).count() == 0
    read(connection, "999999999")
    assert not Ticket.objects.filter(remote_id="999999999").exists()
    assert not Outbox.objects.filter(kind=Outbox.Kind.HINT).exists()


def test_spam_disappears_at_its_hint(simulator, connection):
    ticket = open_ticket()
    simulator.update(op="spam", ticket=int(ticket.remote_id))
    read(connection, ticket.remote_id)
    assert Ticket.objects.get(pk=ticket.pk).state == "spam"


def test_a_thread_that_is_read_elsewhere_meanwhile_is_owed_once_more(simulator, connection):
    ticket = open_ticket()
    owe(Outbox.Kind.THREAD, [ticket.pk])
    claim_rows(Outbox.Kind.THREAD, 5, 45)  # by a worker that may have read an older state of it; its row has not changed
    read(connection, ticket.remote_id)
    row = Outbox.objects.get(kind=Outbox.Kind.THREAD)
    assert row.version > 1


def test_a_thread_stored_by_others_since_the_read_began_is_not_overwritten(simulator, connection, monkeypatch):
    ticket = open_ticket()
    original = hints.store_tickets

    def newer(*given):
        Ticket.objects.filter(pk=ticket.pk).update(thread_version="of-somebody-else")
        return original(*given)

    monkeypatch.setattr(hints, "store_tickets", newer)
    simulator.update(op="note", ticket=int(ticket.remote_id))
    read(connection, ticket.remote_id)
    assert Ticket.objects.get(pk=ticket.pk).thread_version == "of-somebody-else"
    assert Outbox.objects.filter(kind=Outbox.Kind.THREAD, object_id=ticket.pk).exists()


@pytest.mark.parametrize("fault", ["500", "html_200", "429"])
def test_a_helpdesk_in_trouble_is_asked_a_few_times_far_apart_and_the_page_says_so(simulator, connection, fault):
    ticket = open_ticket()
    simulator.tell("faults", faults=[{"kind": fault, "rate": 1.0}])
    tell(connection.pk, [ticket.remote_id])
    work_off(Outbox.Kind.HINT)
    known = live(ticket)
    assert (known.asking, bool(known.error)) == (False, True)
    row = Outbox.objects.get(kind=Outbox.Kind.HINT)
    assert row.due_at - timezone.now() > timedelta(seconds=APART_SECONDS - 2)
    if fault != "429":
        Outbox.objects.update(attempts=TRIES - 1, due_at=timezone.now())
        forget_refusal(connection.pk)  # it rests after failures, which is another test's
        work_off(Outbox.Kind.HINT)
        assert not Outbox.objects.filter(kind=Outbox.Kind.HINT).exists()  # the feeds bring it


def test_a_revoked_key_stops_the_connection_with_one_notice(simulator, connection):
    simulator.tell("key", api_key="another")
    tell(connection.pk, [open_ticket().remote_id])
    work_off(Outbox.Kind.HINT)
    assert Connection.objects.get().state == Connection.State.REJECTED
    Outbox.objects.update(due_at=timezone.now(), claimed_until=None)
    claimed = [hints.Claimed(*row) for row in claim_rows(Outbox.Kind.HINT, 5, 45)]
    read_hints(claimed)
    assert not Outbox.objects.filter(kind=Outbox.Kind.HINT).exists()


def test_hints_of_yesterday_are_forgotten_and_those_owed_are_not(in_acme):
    connection = make_connection()
    tell(connection.pk, ["1", "2", "3"])
    Outbox.objects.filter(object_id__in=Hint.objects.filter(remote_id__in=("1", "3")).values("pk")).delete()
    Hint.objects.filter(remote_id__in=("1", "2")).update(heard_at=timezone.now() - timedelta(days=2))
    assert sweep_hints() == 1
    assert set(Hint.objects.values_list("remote_id", flat=True)) == {"2", "3"}


# a ticket on a screen


def asof(page: str) -> str:
    found = re.search(r'<span class="asof" id="asof".*?</span>(?=\s*</div>|\s*$)', page, re.DOTALL)
    return found[0] if found else ""


def test_opening_a_ticket_shows_the_mirror_at_once_and_then_what_has_changed(simulator, connection, in_acme, client_of):
    ticket, browser = open_ticket(), client_of(in_acme)
    simulator.update(op="note", ticket=int(ticket.remote_id), body="Written a moment ago.")
    spent = credits_of(simulator)
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert credits_of(simulator) == spent  # never in the page's own time
    assert "Asking the helpdesk" in asof(page)
    assert "As of" in asof(page)
    row = Outbox.objects.get(kind=Outbox.Kind.HINT)
    assert row.priority == 0
    part = re.search(r'hx-get="(/tickets/[^"]+/live/[^"]+)"', asof(page))[1].replace("&amp;", "&")
    waiting = browser.get(part, headers=HTMX)
    assert waiting.content.decode().strip().startswith('<span class="asof" id="asof" hx-get=')
    assert part.split("?")[1].split("&")[0] in waiting.content.decode()  # it goes on asking for the same
    work_off(Outbox.Kind.HINT)
    news = browser.get(part, headers=HTMX)
    text = news.content.decode()
    assert (news["HX-Retarget"], news["HX-Trigger"]) == ("#ticket-head", "fresh")
    assert 'id="newest" hx-swap-oob="true"' in text
    assert text.count('class="msg"') >= 1
    assert "Asking the helpdesk" not in text
    assert "hx-get" not in asof(text)
    again = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Asking the helpdesk" not in asof(again)
    work_off(Outbox.Kind.HINT)
    assert credits_of(simulator) - spent == 2


def test_without_news_only_the_time_is_new(simulator, connection, in_acme, client_of):
    ticket, browser = open_ticket(), client_of(in_acme)
    read(connection, ticket.remote_id)
    ticket.refresh_from_db()
    Hint.objects.all().delete()
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    part = re.search(r'hx-get="(/tickets/[^"]+/live/[^"]+)"', asof(page))[1].replace("&amp;", "&")
    work_off(Outbox.Kind.HINT)
    answer = browser.get(part, headers=HTMX)
    assert "HX-Retarget" not in answer
    assert "ticket-head" not in answer.content.decode()


def test_a_ticket_is_asked_for_once_a_minute_however_often_it_is_opened(simulator, connection, in_acme, client_of):
    ticket = open_ticket()
    browsers = [client_of(in_acme), client_of(in_acme, "lead")]
    spent = credits_of(simulator)
    for _ in range(5):
        for browser in browsers:
            assert browser.get(f"/tickets/{ticket.pk}/").status_code == 200
        work_off(Outbox.Kind.HINT)
    assert credits_of(simulator) - spent == 2
    Hint.objects.update(heard_at=timezone.now() - timedelta(seconds=61), read_at=timezone.now() - timedelta(seconds=61))
    assert opened(ticket, connection)


def test_what_keeps_it_from_being_fresh_is_said_quietly(simulator, connection, in_acme, client_of):
    ticket, browser = open_ticket(), client_of(in_acme)
    path = f"/tickets/{ticket.pk}/"
    browser.get(path)
    for code, words in (
        ("budget_spent", "call limit is used up"), ("helpdesk_away", "does not answer right now"), ("external_unavailable", "does not answer"),
    ):  # fmt: skip
        now = timezone.now()
        Hint.objects.update(heard_at=now, read_at=now, error=code)
        shown = asof(browser.get(path).content.decode())
        assert words in shown
        assert "As of" in shown
        assert "hx-get" not in shown
    Hint.objects.update(heard_at=timezone.now() - timedelta(seconds=30), read_at=None, error="")  # nobody works
    assert "Background work is late." in asof(browser.get(path).content.decode())


def test_archived_tickets_paused_connections_and_visitors_ask_nothing(simulator, connection, in_acme, client_of):
    ticket, browser = open_ticket(), client_of(in_acme)
    Ticket.objects.filter(pk=ticket.pk).update(state="archived")
    browser.get(f"/tickets/{ticket.pk}/")
    Ticket.objects.filter(pk=ticket.pk).update(state="live")
    Connection.objects.update(state=Connection.State.PAUSED)
    browser.get(f"/tickets/{ticket.pk}/")
    assert not Hint.objects.exists()
    with bind_company(in_acme.binding()):
        assert live(ticket).as_of is not None
