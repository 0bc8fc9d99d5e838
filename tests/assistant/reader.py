"""Mara, who reads within a reach: a company of three groups whose tickets are all alike, and the ways to ask about it.

What is nearest to any question is somebody else's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.test import Client

from apps.accounts.models import ApiToken
from apps.assistant.searching import asked, search
from apps.assistant.services import EVERYTHING
from apps.platforms.agents import map_by_hand
from apps.platforms.firms import Firm
from apps.platforms.linkdata import LinkData
from apps.platforms.models import Message, Ticket
from apps.platforms.ratings import Rating, TimeEntry
from apps.platforms.reach import reach_of
from apps.search.index import Wanted
from apps.tenancy.context import bind_company
from tests.mirror import (
    CLOSED,
    OPEN,
    article_data,
    fill,
    make_connection,
    message_data,
    ticket_data,
)
from tests.platforms.test_reach import agent, tell

FAULTS = (
    ("Left earbud stopped charging", "My left earbud no longer charges in the case since update 2.4.1.",
     "Hold the button on the back for fifteen seconds until the light turns amber, then install update 2.4.2."),
    ("Parcel did not arrive", "The parcel with my speaker did not arrive and tracking has not moved for a week.",
     "Open the tracking page, choose parcel missing, and the carrier answers within two working days."),
    ("Charged twice", "My card was charged twice for the same headphones.",
     "The second booking is a reservation of the bank, which falls away by itself after five working days."),
    ("Bluetooth drops", "The Bluetooth connection drops every few minutes on the train.",
     "Turn off multipoint in the settings of the app, remove the pairing and pair the headphones again."),
)  # fmt: skip
TICKETS = 28
KANARI, ID = re.compile(r"KANARI\d{3}"), re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GROUPS = ("1", "2")
MARA = "mara@helpdesk.example"


def mark(number: int) -> str:
    return f"KANARI{number:03}"


def group_of(number: int) -> str:
    return GROUPS[number % 2] if number % 7 else ""


def is_mara_s(number: int) -> bool:
    return number % 9 == 0


def build() -> None:
    """28 tickets in two groups or none, some of Mara's; half of them solved, each under the next, all of one company. One article, far from every fault."""
    connection = make_connection()
    tell(connection, agent("all"), agent("all", remote_id="8", email="other@helpdesk.example"))
    rows = []
    for number in range(1, TICKETS + 1):
        subject, text, fix = FAULTS[number // 4 % len(FAULTS)]
        given = {"group_id": group_of(number) or None, "agent_id": "7" if is_mara_s(number) else "8", "firm_id": "1"}
        status = CLOSED if number % 4 < 2 else OPEN
        ticket = ticket_data(number, f"{subject} {mark(number)}", f"{text} {mark(number)}", status=status, **given)
        thread = [message_data(1000 + number, number, f"Looked into {mark(number)}.", private=True)]
        thread += [message_data(2000 + number, number, f"{fix} {mark(number)}")] if status is CLOSED else []
        rows.append((ticket, thread))
    rows = [(row.model_copy(update={"links": (LinkData(kind="parent", remote_id=str(int(row.remote_id) + 1)),)}), one) for row, one in rows]
    fill(rows, [article_data(1, "Opening hours", "We answer from nine to five on working days.")])
    Firm.objects.update(name="Harbour Ltd", named=True)
    _judge()


def _judge() -> None:
    """Every ticket has a rating and time of its own."""
    for row in Ticket.objects.select_related("customer"):
        fixed = {"connection_id": row.connection_id, "ticket": row, "remote_id": row.remote_id}
        Rating.objects.create(person=row.customer, score=-1, feedback=f"Slow {mark(int(row.remote_id))}", created_at=row.created_at, **fixed)
        TimeEntry.objects.create(minutes=5, billable=True, running=False, note=f"Asked about {mark(int(row.remote_id))}", spent_at=row.created_at, **fixed)


class Reader:
    """Mara at the company's host, by browser and by token, and what of all that is there she must never meet."""

    def __init__(self, company: Any, make_user: Callable[..., Any], browser: Client) -> None:
        self.company, self.browser = company, browser
        from apps.accounts.models import User

        with bind_company(company.binding()):
            self.person = User.objects.get(role="agent")
            map_by_hand(person=self.person, agent_email=MARA)
            token = ApiToken.issue(user=self.person, name="reach", scopes=None)[1]
            self.tickets = {int(row.remote_id): row.pk for row in Ticket.objects.all()}
            messages = Message.objects.values_list("pk", "ticket__remote_id")
            self.words = {str(pk): int(number) for number, pk in self.tickets.items()}
            self.words |= {str(pk): int(number) for pk, number in messages}
        self.words |= {mark(number): number for number in self.tickets}
        self.api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"})

    def scope(self, scope: str, *groups: str) -> None:
        """The helpdesk says so, and its agents are read once."""
        with bind_company(self.company.binding()):
            others = agent("all", remote_id="8", email="other@helpdesk.example")
            tell(make_connection(), agent(scope, *groups), others)

    def foreign(self, scope: str, *groups: str) -> set[int]:
        """By a rule of its own."""
        if scope == "all":
            return set()
        held = set(groups) if scope == "group" else set()
        return {number for number in self.tickets if not is_mara_s(number) and group_of(number) not in held}

    def met(self, text: str, *, without: str = "") -> set[int]:
        """Numbers of the tickets something of which stands in the text. Words of what was asked stand there anyway: a
        ticket that holds them is known by its ids."""
        words = set(KANARI.findall(text)) - set(KANARI.findall(without))
        return {self.words[one] for one in (*words, *ID.findall(text)) if one in self.words}


def queries(reader: Reader, dice: random.Random) -> Iterator[tuple[str, set[int]]]:
    """Endless random questions, (what was asked, tickets that were met)."""
    ways = [_found, _found, _found, _answered, _queue, _queue, _looked_up, _listed, _listed, _one, _one, _brief, _page, _source, _searched, _searched]
    while True:
        way = dice.choice(ways)
        yield way.__name__, way(reader, dice)


def _words(dice: random.Random) -> str:
    subject, text, fix = dice.choice(FAULTS)
    return dice.choice((subject, text, fix, f"{subject} {mark(dice.randint(1, TICKETS))}", mark(dice.randint(1, TICKETS))))


def _found(reader: Reader, dice: random.Random) -> set[int]:
    with bind_company(reader.company.binding()):
        wanted = Wanted(reach_of(reader.person), kinds=("article", "message"), visibilities=EVERYTHING)
        found = search(asked(_words(dice), "en"), wanted)
    return reader.met(" ".join(f"{one.source.model_dump_json()} {one.written}" for one in found))


def _answered(reader: Reader, dice: random.Random) -> set[int]:
    question = _words(dice)
    about = {"ticket": str(dice.choice(list(reader.tickets.values())))} if dice.random() < 0.3 else {}
    answer = reader.api.post("/api/v1/ask/", {"question": question} | about, content_type="application/json")
    assert answer.status_code in ((200, 404) if about else (200,))
    return reader.met(answer.content.decode(), without=question)


def _queue(reader: Reader, dice: random.Random) -> set[int]:
    status, sort = dice.choice(("waiting", "open", "solved", "closed")), dice.choice(("recent", "due"))
    view = dice.choice(("", "", "mine", "unassigned"))
    page = reader.browser.get("/", {"status": status, "sort": sort, "view": view})
    assert page.status_code == 200
    return reader.met(page.content.decode())


def _looked_up(reader: Reader, dice: random.Random) -> set[int]:
    number = dice.randint(1, TICKETS)
    answer = reader.browser.get("/", {"number": f"#{number}"})
    return {number} if answer.status_code == 302 else reader.met(answer.content.decode())


def _listed(reader: Reader, dice: random.Random) -> set[int]:
    asking = {"limit": str(dice.choice((3, 20, 100))), "status": dice.choice(("", "open", "closed"))}
    met: set[int] = set()
    for _ in range(TICKETS):
        page = reader.api.get("/api/v1/tickets/", asking)
        assert page.status_code == 200
        met |= reader.met(page.content.decode())
        if page.json()["next"] is None or len(met) > 20:
            return met
        asking["cursor"] = page.json()["next"]
    raise AssertionError("the list does not end")


def _one(reader: Reader, dice: random.Random) -> set[int]:
    return reader.met(reader.api.get(f"/api/v1/tickets/{dice.choice(list(reader.tickets.values()))}/").content.decode())


def _brief(reader: Reader, dice: random.Random) -> set[int]:
    part = dice.choice(("brief", "draft", "similar", "articles"))
    answer = reader.api.get(f"/api/v1/tickets/{dice.choice(list(reader.tickets.values()))}/{part}/")
    assert answer.status_code in (200, 404)
    return reader.met(answer.content.decode())


def _page(reader: Reader, dice: random.Random) -> set[int]:
    answer = reader.browser.get(f"/tickets/{dice.choice(list(reader.tickets.values()))}/")
    return reader.met(answer.content.decode()) if answer.status_code == 200 else set()


def _source(reader: Reader, dice: random.Random) -> set[int]:
    message = dice.choice([one for one in reader.words if ID.fullmatch(one)])
    way = dice.choice(("/sources/messages/{}/", "/messages/{}/sent/"))
    answer = reader.browser.get(way.format(message))
    return reader.met(answer.content.decode()) if answer.status_code == 200 else set()


def _searched(reader: Reader, dice: random.Random) -> set[int]:
    """By page and API, by both legs or by words alone, and from the bar of every page by number."""
    words = {"q": dice.choice((_words(dice), str(dice.randint(1, TICKETS)))), "status": dice.choice(("", "", "open", "closed"))}
    if dice.random() < 0.4:
        return reader.met(reader.api.get("/api/v1/search/", words | {"limit": "60"}).content.decode(), without=words["q"])
    page = reader.browser.get("/search/", words | {"show": "60"} | ({"jump": "1"} if dice.random() < 0.3 else {}))
    return reader.met(page["location"]) if page.status_code == 302 else reader.met(page.content.decode(), without=words["q"])


def asked_many(reader: Reader, count: int, seed: int, scope: str, *groups: str) -> set[int]:
    """Ask so many; nothing foreign was met. Returns what was met."""
    foreign, met, asking = reader.foreign(scope, *groups), set[int](), queries(reader, random.Random(seed))
    for _ in range(count):
        what, found = next(asking)
        assert not found & foreign, f"{what} tells of {sorted(found & foreign)}"
        met |= found
    return met
