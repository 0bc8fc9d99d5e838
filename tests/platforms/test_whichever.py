"""The same desk on every helpdesk: read, briefed, shown, written to and kept apart, by the same lines for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.verifying import note_verified
from apps.assistant.extractive.grounding import verify
from apps.assistant.models import Brief
from apps.ingest.streams import ensure_streams
from apps.platforms import sending
from apps.platforms.changes import TicketChange
from apps.platforms.connecting import connect
from apps.platforms.models import Article, Message, Person, Ticket
from apps.platforms.ordering import order
from apps.platforms.outgoing import Outgoing
from apps.tenancy.context import bind_company
from tests import simulated, simulated_servicenow
from tests.ingest.test_sync import run_feeds
from tests.mirror import work_off_everything
from tests.platforms.desk import send_all

pytestmark = pytest.mark.verify
SIZE = 24
TEXT = "Hello,\n\nplease restart the device and hold the button for 15 seconds.\n\nKind regards"


@dataclass(frozen=True, slots=True)
class Account:
    """A simulated account. `words`: texts of a ticket's thread with whether each is private; `writes`: where they go."""

    platform: str
    simulator: Any
    options: dict[str, str]
    words: Callable[[str], list[tuple[str, bool]]]
    writes: tuple[str, str]  # path, method

    @property
    def mails(self) -> int:
        return len(self.simulator.told("mails"))


@contextmanager
def freshdesk() -> Iterator[Account]:
    with simulated.running("--account", "generated", "--tickets", str(SIZE), "--plan", "unlimited") as one:

        def words(number: str) -> list[tuple[str, bool]]:
            return [(row["body_text"], row["private"]) for row in one.get(f"/tickets/{number}/conversations", per_page=100).json()]

        one.update(op="status", tickets=[21, 22, 23], value=2)
        yield Account("freshdesk", one, {"base_url": one.url, "api_key": simulated.KEY}, words, ("/api/v2/tickets", "POST"))


@contextmanager
def servicenow() -> Iterator[Account]:
    with simulated_servicenow.running("--account", f"generated:{SIZE}:1") as one:

        def words(sys_id: str) -> list[tuple[str, bool]]:
            rows = one.rows("sys_journal_field", f"element_id={sys_id}")
            return [(row["value"], row["element"] == "work_notes") for row in rows]

        one.update(op="state", random=3, value="2")
        options = {"base_url": one.url, "auth": "basic", "user": simulated_servicenow.USER, "password": simulated_servicenow.PASSWORD}
        yield Account("servicenow", one, options, words, ("/api/now", "PATCH"))


@pytest.fixture(params=[freshdesk, servicenow], ids=lambda one: one.__name__)
def account(request):
    with request.param() as one:
        yield one


def open_desk(account: Account, settings: Any, company: Any, make_user: Callable[..., Any]) -> Person:
    """The agent of the helpdesk whom a person of ours is, once all of the account was read."""
    settings.EGRESS_ALLOW_HOSTS = account.simulator.hosts
    connection, _ = connect(platform=account.platform, options=account.options)
    ensure_streams(connection)
    run_feeds()
    work_off_everything()
    agent = Person.objects.filter(kind="agent").exclude(email="").order_by("remote_id")[1]
    person = make_user(company, email=agent.email)
    with transaction.atomic():
        note_verified(person, mode="link")
    agent.refresh_from_db()
    return agent


def ordered(agent: Person, ticket: Ticket, kind: str, text: str = "", **more: Any) -> Outgoing:
    return order(person=agent.user, ticket=ticket, kind=kind, key=f"test-{uuid4().hex}", text=text, **more)


def plain(text: str) -> str:
    """Words alone: without the markup a helpdesk keeps them in, and the mark by which a write is known again."""
    return " ".join(re.sub(r"<!--.*?-->|<[^>]+>|\[/?code\]", " ", text).split())


def is_briefed(account: Account) -> None:
    waiting = Ticket.objects.waiting()
    assert Ticket.objects.shown().count() == len(account.simulator.told("truth")["tickets"]) >= SIZE
    assert waiting.exists()
    assert Article.objects.filter(published=True, deleted=False).exists()
    briefs = {one.ticket_id: one.shape() for one in Brief.objects.all()}
    assert set(briefs) == set(waiting.values_list("pk", flat=True))
    texts = {str(one.pk): one.text for kind in (Article, Message) for one in kind.objects.all()}
    for quote in (one for brief in briefs.values() for one in brief.draft.citations):
        assert quote.source.visibility == "public"
        assert verify(quote.text, quote.source, texts[quote.source.id]) is not None


def is_shown(account: Account, browser: Client, ticket: Ticket, words: list[str]) -> None:
    queue = browser.get(reverse("assistant:queue")).content.decode()
    assert f"{ticket.number or ticket.remote_id}" in queue
    page = unescape(browser.get(reverse("assistant:ticket", args=[ticket.pk])).content.decode())
    for text in words:
        assert text.split()[0] in page
    assert (ticket.number != "") is (account.platform == "servicenow")


def is_written_to(account: Account, agent: Person, ticket: Ticket) -> None:
    mails, note = account.mails, "For us alone: reference 4711."
    ordered(agent, ticket, "note", note)
    ordered(agent, ticket, "reply", TEXT)
    send_all()
    said = [(plain(text), private) for text, private in account.words(ticket.remote_id)]
    assert (said.count((note, True)), said.count((plain(TEXT), False))) == (1, 1)
    assert account.mails == mails + 1
    held = {plain(text): shown for text, shown in Message.objects.filter(ticket=ticket).values_list("text", "visibility")}
    assert (held[plain(TEXT)], held[note]) == ("public", "private")


def is_written_to_once(account: Account, agent: Person, ticket: Ticket, kind: str) -> None:
    """The answer to the first try is lost: before it took effect, or after."""
    path, method = account.writes
    account.simulator.tell("faults", faults=[{"kind": kind, "path": path, "method": method, "at": [1]}])
    text = f"Only once please, whatever {kind} means."
    sent = ordered(agent, ticket, "reply", text)
    sending.send(sent.pk)
    account.simulator.tell("faults", faults=[])
    send_all()
    sent.refresh_from_db()
    assert sent.state == Outgoing.State.SENT
    assert [plain(one) for one, _ in account.words(ticket.remote_id)].count(text) == 1


def is_changed(agent: Person, ticket: Ticket) -> None:
    urgent = 4 if ticket.priority != 4 else 1
    ordered(agent, ticket, "update", change=TicketChange(priority=urgent))
    send_all()
    ticket.refresh_from_db()
    assert ticket.priority == urgent


def is_not_there(company: Any, stranger: Client, tickets: list[Ticket], article: Article) -> None:
    for ticket in tickets:
        assert stranger.get(reverse("assistant:ticket", args=[ticket.pk])).status_code == 404
    assert stranger.get(reverse("assistant:source-article", args=[article.pk])).status_code == 404
    with bind_company(company.binding()):
        assert not Ticket.objects.exists()
        assert not Article.objects.exists()


def test_the_same_desk_on_every_helpdesk(account, settings, acme, globex, client_of, make_user):
    with bind_company(acme.binding()):
        agent = open_desk(account, settings, acme, make_user)
        is_briefed(account)
        tickets = list(Ticket.objects.waiting().order_by("remote_id"))
        words = [one.text for one in Message.objects.filter(ticket=tickets[0]).exclude(text="").order_by("number")[:3]]
        article = Article.objects.filter(published=True).first()
    is_shown(account, client_of(acme, "lead"), tickets[0], words)
    with bind_company(acme.binding()):
        is_written_to(account, agent, tickets[1])
        is_written_to_once(account, agent, tickets[2], "reset_after")
        is_written_to_once(account, agent, tickets[2], "503")
        is_changed(agent, tickets[0])
    is_not_there(globex, client_of(globex), tickets, article)
