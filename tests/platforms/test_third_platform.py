"""A helpdesk nobody has heard of is a package and a line in PLATFORM_ADAPTERS: it is connected, swept, shown, found, called
and linked, and no line elsewhere knows of it."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.progress import progress
from apps.ingest.webhooks import numbers_in
from apps.platforms.base import AttachmentData
from apps.platforms.links import ticket_page
from apps.platforms.models import Connection, Ticket
from apps.platforms.registry import adapters
from tests.ingest.test_sync import run_feeds
from tests.ingest.test_thread_walk import turn
from tests.platforms.toy.adapter import Account, ToyAdapter
from tests.platforms.toy.joined import known

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = ROOT / "apps/platforms/adapters"
IMPORT = ROOT / "apps/ingest/importing"  # fills the store that is one of them, and so knows which
SOURCES = [path for folder in ("apps", "config", "templates", "static", "embedded") for path in (ROOT / folder).rglob("*.*") if path.suffix in (".py", ".html", ".js", ".sql", ".txt")]
NAME_ASKED = re.compile(r"""(?<!sys\.)\bplatform\s*(==|!=|\bin\b)\s*[\["'({]|["']\s*(==|!=)\s*\w+(\.\w+)*\.platform\b|\bif\s+\w*\.?platform\b.*["']""")


@pytest.fixture
def account(in_acme, settings) -> Iterator[Account]:
    with known(settings) as (name, account):
        account.name = name
        account.add("00a1", "The light blinks red after the update.", "Hold the button for ten seconds, then it is green.", category="solved")
        account.add("00b2", "The light of my router blinks red.")
        account.files["00b2"] = [AttachmentData(remote_id="f1", name="light.png", content_type="image/png", size=99)]
        account.write("k1", "Hold the button for ten seconds when the light blinks red.", visibility="public")
        yield account


def everything_done() -> None:
    run_feeds()
    while kinds := due_kinds():
        for kind in kinds:
            work_off(kind)
        run_feeds()


def test_it_needs_its_package_and_the_setting_alone(account, in_acme, client_of, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("the secret\n"))
    call_command("connect", "acme", "toy", option=[f"name={account.name}", "token=-"])
    connection = Connection.objects.get()
    assert (connection.platform, connection.secrets(), connection.config) == ("toy", {"token": "the secret"}, {"name": account.name})
    everything_done()
    told = progress()
    assert (told["done"], told["tickets"], told["articles"], told["failing"]) == (True, 2, 1, 0)
    ticket = Ticket.objects.get(remote_id="00b2")
    assert (ticket.number, str(ticket), ticket_page(connection, "00b2")) == ("TOY00B2", "TOY00B2 Subject 00b2", None)
    agent, admin = client_of(in_acme), client_of(in_acme, "admin")
    queue, page = agent.get("/").content.decode(), agent.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "TOY00B2" in queue and "#TOY" not in queue + page
    assert "TOY00A1" in page, "the similar ticket, by its number"
    for name in ("TOY00B2", "toy00b2", "00b2", "#TOY00B2"):
        assert agent.get("/search/", {"q": name, "jump": "1"}).headers["location"].endswith(f"{ticket.pk}/"), name
    told = agent.get(f"/api/v1/tickets/{ticket.pk}/").json()
    assert told["number"] == "TOY00B2"
    assert "Set it up in Toy" in admin.get("/webhooks/").content.decode()
    assert account.name in admin.get("/sync/").content.decode()
    assert numbers_in(b'{"ticket_ids": ["00b2", 7, "../x", ""]}', ToyAdapter) == ["00b2", "7"]
    assert "Article k1" in page
    account.whole, account.articles = False, {"k1": account.write("k1", "It is out of print.", published=False)}
    turn(Stream.Kind.ARTICLES)
    everything_done()
    assert "Article k1" not in agent.get(f"/tickets/{ticket.pk}/").content.decode(), "what is not published any more leaves briefs too"
    account.calls.clear()
    call_command("sync", "acme", tickets="toy00b2", json=True)
    Outbox.objects.filter(kind=Outbox.Kind.HINT).update(due_at=timezone.now())  # it was opened a moment ago
    work_off(Outbox.Kind.HINT)
    assert ("ticket", "00b2") in account.calls
    with pytest.raises(CommandError, match="Its options: name, token"):
        call_command("connect", "acme", "toy", base_url="https://toy.example", option=[])


def test_nothing_outside_the_adapters_asks_for_a_helpdesk_by_its_name(settings):
    with known(settings):
        kinds = sorted(adapters())
    assert len(kinds) >= 2
    named = []
    for path in SOURCES:
        if path.is_relative_to(ADAPTERS) or path.is_relative_to(IMPORT) or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        place = str(path.relative_to(ROOT))
        named += [f"{place}: {found[0]}" for found in NAME_ASKED.finditer(text)]
        if path.suffix == ".py" and not place.startswith(("embedded/", "config/")):  # the demo connects what it simulates
            words = [one.string for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type == tokenize.STRING]
            named += [f"{place}: {word}" for word in words if word.strip("\"'") in kinds]
    assert named == []
