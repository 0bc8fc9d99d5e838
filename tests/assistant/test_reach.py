"""An agent meets here what the helpdesk shows them there: nothing else in pages, API, answers, briefs, counts and caches.

A company with three groups has the same few faults everywhere, so what is nearest to any question is somebody else's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import ApiToken
from apps.accounts.reach import ALL_TICKETS
from apps.assistant import reaching
from apps.assistant.customers import customer_of
from apps.assistant.loading import load_threads
from apps.assistant.models import Brief
from apps.assistant.searching import asked, search
from apps.assistant.services import EVERYTHING, ask_question, compose, make_brief
from apps.core.errors import ExternalUnavailable
from apps.ingest.models import Outbox
from apps.ingest.sweeping import sweep_owed
from apps.platforms.agents import map_by_hand
from apps.platforms.models import Group, Message, Person, Ticket
from apps.platforms.reach import reach_of
from apps.search.index import Wanted, open_index
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from tests.isolation.test_routes import COMPANY
from tests.mirror import (
    CLOSED,
    OPEN,
    article_data,
    fill,
    make_connection,
    message_data,
    ticket_data,
    work_off_everything,
)
from tests.platforms.test_reach import agent, second_connection, tell

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
    """28 tickets in two groups or none, some of Mara's; half of them solved. One article, far from every fault."""
    connection = make_connection()
    tell(connection, agent("all"), agent("all", remote_id="8", email="other@helpdesk.example"))
    rows = []
    for number in range(1, TICKETS + 1):
        subject, text, fix = FAULTS[number // 4 % len(FAULTS)]
        given = {"group_id": group_of(number) or None, "agent_id": "7" if is_mara_s(number) else "8"}
        status = CLOSED if number % 4 < 2 else OPEN
        ticket = ticket_data(number, f"{subject} {mark(number)}", f"{text} {mark(number)}", status=status, **given)
        thread = [message_data(1000 + number, number, f"Looked into {mark(number)}.", private=True)]
        thread += [message_data(2000 + number, number, f"{fix} {mark(number)}")] if status is CLOSED else []
        rows.append((ticket, thread))
    fill(rows, [article_data(1, "Opening hours", "We answer from nine to five on working days.")])


@pytest.fixture
def company(acme) -> Any:
    with bind_company(acme.binding()):
        build()
    return acme


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


@pytest.fixture
def mara(company, make_user, client_of) -> Reader:
    return Reader(company, make_user, client_of(company))


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


@pytest.mark.parametrize("many", [60, pytest.param(1000, marks=pytest.mark.verify)])
def test_random_questions_of_an_agent_of_one_group_bring_nothing_foreign(mara, many):
    mara.scope("group", "1")
    foreign = mara.foreign("group", "1")
    assert 10 < len(foreign) < 20
    met = asked_many(mara, many, 1, "group", "1")
    assert met == set(mara.tickets) - foreign  # and what is hers is there, all of it
    again = many // 4
    asked_many(mara, again, 1, "group", "1")  # the same once more: every cache is warm
    mara.scope("group", "2")  # in the helpdesk, and one sync
    asked_many(mara, again, 1, "group", "2")
    mara.scope("group", "1")  # and back
    asked_many(mara, again, 1, "group", "1")


def test_the_narrow_scopes_show_what_is_assigned_and_a_change_counts_both_ways_on_warm_caches(mara):
    mara.scope("all")
    everything = asked_many(mara, 40, 3, "all")
    assert len(everything) == TICKETS  # the list alone tells of all
    for scope, groups in (("restricted", ("1", "2")), ("unknown", ("1",)), ("group", ())):
        mara.scope(scope, *groups)
        assert asked_many(mara, 30, 3, scope, *groups) <= {9, 18, 27}
    mara.scope("all")
    assert asked_many(mara, 40, 3, "all") == everything


def test_what_is_out_of_reach_is_answered_like_what_does_not_exist(mara):
    """Every address of the company with a ticket or a message in it."""
    mara.scope("restricted")
    never = "0198c0de-0000-7000-8000-000000000000"
    with bind_company(mara.company.binding()):
        ticket = Ticket.objects.get(remote_id="1")
        ids = {"ticket": ticket.pk, "message": ticket.messages.first().pk}
    ways = [path for path, _, _ in COMPANY.values() if "{ticket}" in path or "{message}" in path]
    ways = [one for one in ways if not one.startswith(("/views/", "/support-access/"))]
    assert len(ways) >= 10
    for way in ways:
        client = mara.api if way.startswith("/api/") else mara.browser
        with_request_id = {"x-request-id": "00000000-0000-4000-8000-00000000000a"}
        answers = []
        for given in (ids, dict.fromkeys(ids, never)):
            path = way.format(**given)
            answer = client.get(path, headers=with_request_id)
            if answer.status_code == 405:
                answer = client.post(path, {"mode": "copied", "question": "why?"}, headers=with_request_id)
            answers.append((answer.status_code, answer.content.decode().replace(str(next(iter(given.values()))), "")))
        assert answers[0][0] == 404, way
        assert way.startswith("/api/") is False or answers[0] == answers[1], way
    mara.scope("all")
    assert mara.browser.get(f"/tickets/{ids['ticket']}/").status_code == 200


def test_while_the_engine_is_away_the_words_alone_keep_to_the_reach(mara, monkeypatch):
    def broken(*_: Any, **__: Any) -> Any:
        raise ExternalUnavailable("The vector engine did not answer.", code="index_unavailable")

    monkeypatch.setattr("apps.assistant.finding.find", broken)
    mara.scope("restricted")
    for subject, text, _ in FAULTS:
        for asking in ({"q": subject}, {"q": text}, {"q": subject, "status": "open"}):
            answer = mara.api.get("/api/v1/search/", asking).json()
            assert answer["mode"] == "words"
            assert mara.met(str(answer)) <= {9, 18, 27}
    met = {number for subject, _, _ in FAULTS for number in mara.met(str(mara.api.get("/api/v1/search/", {"q": subject}).json()))}
    assert met == {9, 18, 27}


def test_what_is_told_of_a_customer_is_of_tickets_within_reach(mara):
    mara.scope("group", "1")
    with bind_company(mara.company.binding()):
        case = Ticket.objects.select_related("customer").get(remote_id="18")
        Ticket.objects.update(customer=case.customer)
        assert customer_of(case, ALL_TICKETS).total == TICKETS
        known = customer_of(case, reach_of(mara.person))
    assert known.total == TICKETS - len(mara.foreign("group", "1"))
    assert not {int(one.remote_id) for one in known.others} & mara.foreign("group", "1")


def test_feedback_is_given_on_what_is_within_reach(mara):
    mara.scope("group", "1")
    foreign = mara.foreign("group", "1")
    with bind_company(mara.company.binding()):
        briefs = {int(row.ticket.remote_id): row.shape() for row in Brief.objects.select_related("ticket")}
    numbers = {str(pk): number for number, pk in mara.tickets.items()}

    def give(ticket: int, **thing: str) -> int:
        sent = {"ticket": str(mara.tickets[ticket]), "value": "up"} | thing
        pages = mara.browser.post("/feedback/", sent, headers={"hx-request": "true"})
        api = mara.api.post("/api/v1/feedback/", sent, content_type="application/json")
        assert pages.status_code == api.status_code, sent
        return api.status_code

    assert give(next(iter(foreign & set(briefs))), kind="draft") == 404
    own = next(one for one in briefs if one not in foreign and {numbers[each.ticket_id] for each in briefs[one].similar} & foreign)
    for one in briefs[own].similar:
        assert give(own, kind="similar", thing=one.ticket_id) == (404 if numbers[one.ticket_id] in foreign else 200)


def test_an_answer_comes_from_what_is_within_reach(mara):
    """The only tickets that hold the words asked for are foreign; the engine is not the last to decide, nor the rows."""
    mara.scope("restricted")
    foreign = next(number for number in mara.foreign("restricted") if number % 4 < 2)
    question = f"What was the answer of {mark(foreign)}?"
    with bind_company(mara.company.binding()):
        open_answer = ask_question(question=question, reach=ALL_TICKETS)
        own_answer = ask_question(question=question, reach=reach_of(mara.person))
    assert mara.met(open_answer.model_dump_json(exclude={"question"})) & {foreign}
    assert not mara.met(own_answer.model_dump_json(exclude={"question"})) - {9, 18, 27}


def test_counts_tell_of_tickets_within_reach_only(mara):
    mara.scope("group", "1")
    own = set(mara.tickets) - mara.foreign("group", "1")
    waiting = {number for number in own if number % 4 >= 2}
    page = mara.browser.get("/").content.decode()
    side = page[page.index('id="side"') : page.index('id="main"')]
    counts = [int(one) for one in re.findall(r'class="n[^"]*">(\d+)<', side)]
    assert counts
    assert max(counts) == len(waiting)
    hers = [number for number in waiting if group_of(number) == "2"]  # in a group that is not hers, assigned to her
    assert f'<span>Orders</span><span class="n">{len(hers)}</span>' in side
    for number in mara.met(page):
        with bind_company(mara.company.binding()):
            stored = Brief.objects.get(ticket=mara.tickets[number]).shape()
            known = reaching.similar_counts(Brief.objects.filter(ticket=mara.tickets[number]), reach_of(mara.person))
        assert list(known.values()) == [sum(int(one.remote_id) in own for one in stored.similar)]


def test_a_draft_that_rests_on_a_foreign_case_is_made_anew_and_the_rest_is_left_out(mara):
    with bind_company(mara.company.binding()):
        resting = [
            row for row in Brief.objects.select_related("ticket")
            if any(quote.source.kind == "message" for quote in row.shape().draft.citations)
        ]  # fmt: skip
        assert resting  # some of the stored drafts quote the fix of a case
        mara.scope("group", "1")
        reach, foreign = reach_of(mara.person), mara.foreign("group", "1")
        anew = 0
        for row in resting:
            if int(row.ticket.remote_id) in foreign:
                continue
            shown = reaching.brief_for(row.ticket, reach)
            assert shown is not None
            assert not mara.met(shown.shape().model_dump_json()) & foreign
            if mara.met(row.shape().draft.model_dump_json()) & foreign:
                anew += 1
                assert shown.data["draft"] != row.data["draft"]
            assert Brief.objects.get(pk=row.pk).data == row.data  # what is stored is everybody's
        assert anew


def test_how_often_a_case_was_seen_counts_what_the_reader_may_see(mara):
    mara.scope("group", "1")
    foreign = mara.foreign("group", "1")
    ids = {own: [str(pk) for number, pk in mara.tickets.items() if (number in foreign) is not own] for own in (True, False)}
    with bind_company(mara.company.binding()):
        stored = next(shape for row in Brief.objects.all() if (shape := row.shape()).similar)
        assert all(one.seen == 1 + len(one.also) for row in Brief.objects.all() for one in row.shape().similar)
        case = stored.similar[0].model_copy(update={"ticket_id": ids[True][0], "seen": 4, "also": [*ids[False][:2], ids[True][1]]})
        draft = stored.draft.model_copy(update={"citations": [], "outcome": "not_enough_evidence"})
        shown = reaching.within(stored.model_copy(update={"similar": [case], "draft": draft}), reach_of(mara.person))
    assert shown is not None
    assert [(one.seen, one.also) for one in shown.similar] == [(2, [ids[True][1]])]


def test_what_was_composed_for_one_reach_is_not_shown_to_another(mara, monkeypatch):
    with bind_company(mara.company.binding()):
        ticket = Ticket.objects.get(remote_id="18")  # hers, in whatever scope
        make_brief(ticket=ticket)
        stored = Brief.objects.get(ticket=ticket)
        seen, made_for = [], []

        def noted(thread: Any, *, now: Any, reach: Any) -> Any:
            made_for.append(reach)
            return compose(thread, now=now, reach=reach)

        monkeypatch.setattr(reaching, "compose", noted)
        for groups in (("1",), ("2",), ("1",), ("2",)):
            mara.scope("group", *groups)
            reach = reach_of(mara.person)
            made = reaching._composed(ticket, stored, reach)
            assert made is not None
            assert not mara.met(made.model_dump_json()) & mara.foreign("group", *groups)
            fresh = compose(load_threads([ticket])[str(ticket.pk)], now=timezone.now(), reach=reach)
            assert [one.ticket_id for one in made.similar] == [one.ticket_id for one in fresh.similar]
            seen.append(mara.met(made.model_dump_json()))
        assert seen[0] != seen[1]
        assert len(made_for) == len(set(made_for)) == 2  # the second time each finds its own
        mara.scope("group", "1")  # what was kept is held against the rows once more
        reach = reach_of(mara.person)
        ticket = next(row for row in Ticket.objects.waiting() if group_of(int(row.remote_id)) == "1")
        stored = Brief.objects.get(ticket=ticket)
        first = reaching._composed(ticket, stored, reach)
        assert first is not None
        assert first.similar
        gone = Ticket.objects.get(pk=first.similar[0].ticket_id)
        Ticket.objects.filter(pk=gone.pk).update(group=None, agent=None)
        again = reaching._composed(ticket, stored, reach)
        assert again is not None
        assert str(gone.pk) not in again.model_dump_json()


def test_points_that_are_late_show_nothing_and_follow_without_new_vectors(mara, monkeypatch):
    with bind_company(mara.company.binding()):
        mara.scope("group", "1")
        reach = reach_of(mara.person)
        question = asked(f"{FAULTS[0][0]} {mark(1)}", "en")
        foreign, own = Ticket.objects.get(remote_id="6"), Ticket.objects.get(remote_id="5")
        groups = {row.remote_id: row for row in Group.objects.all()}
        assert (foreign.group, own.group) == (groups["1"], groups["2"])
        wanted = Wanted(reach, kinds=("message",), visibilities=EVERYTHING)

        def tickets() -> set[str]:
            return {one.source.remote_id for one in search(question, wanted)}

        assert "6" in tickets()
        assert "5" not in tickets()
        Ticket.objects.filter(pk=foreign.pk).update(group=groups["2"])  # the rows have moved, the engine has not heard
        Ticket.objects.filter(pk=own.pk).update(group=groups["1"])
        assert not {"5", "6"} & tickets()
        monkeypatch.setattr("apps.ingest.indexing.embeddings", lambda: pytest.fail("words were embedded again"))
        from apps.ingest.outbox import owe

        with transaction.atomic():
            owe(Outbox.Kind.INDEX_TICKET, [foreign.pk, own.pk])
        work_off_everything()
        assert "5" in tickets()
        assert "6" not in tickets()


def test_points_of_before_are_told_by_the_sweep(mara):
    with bind_company(mara.company.binding()):
        mara.scope("restricted")
        reach = reach_of(mara.person)
        wanted = Wanted(reach, kinds=("message",), visibilities=EVERYTHING)
        question = asked(FAULTS[0][1], "en")
        hers = {one.source.remote_id for one in search(question, wanted)}
        assert hers
        ids = list(Chunk.objects.values_list("pk", flat=True))
        open_index().place(ids, dict.fromkeys(("connection", "group", "agent", "customer"), "") | {"visibility": "public"})
        open_index().place(ids, {"connection": str(make_connection().pk), "group": "", "agent": "", "customer": "", "visibility": "public"})
        Chunk.objects.update(placed="")
        assert search(question, wanted) == []
        assert sweep_owed() > TICKETS  # tickets, and the article
        work_off_everything()
        assert {one.source.remote_id for one in search(question, wanted)} == hers
        assert not Chunk.objects.filter(placed="").exists()
        assert sweep_owed() == 0


def test_two_helpdesks_with_a_scope_each(mara):
    """Of the second one she is no agent: she reads all of it, and of the first what its scope lets her."""
    with bind_company(mara.company.binding()):
        other = second_connection()
        row = Ticket.objects.get(remote_id="1")
        row.pk, row.connection, row.group, row.agent, row.customer = None, other, None, None, None
        row._state.adding = True
        row.id = UUID("0198c0de-0000-7000-8000-00000000000c")
        row.save()
        Person.objects.create(connection=other, remote_id="7", kind="agent", email=MARA, scope="restricted")
    mara.scope("restricted")
    page = f"/tickets/{row.pk}/"
    assert mara.browser.get(page).status_code == 200
    listed = {one["id"] for one in mara.api.get("/api/v1/tickets/", {"limit": "100"}).json()["results"]}
    assert str(row.pk) in listed
    assert len(listed) == 4
    with bind_company(mara.company.binding()):
        map_by_hand(person=mara.person, agent_email=MARA)
    assert mara.browser.get(page).status_code == 404
    assert mara.api.get(f"/api/v1{page}").status_code == 404


def test_admins_and_whoever_is_no_agent_meet_everything(mara, client_of, make_user):
    mara.scope("restricted")
    for role in ("admin", "privacy"):
        browser = client_of(mara.company, role)
        for number in (1, 2, 3):
            assert browser.get(f"/tickets/{mara.tickets[number]}/").status_code == 200
    with bind_company(mara.company.binding()):
        lead = make_user(mara.company, "lead")
        assert reach_of(lead) == ALL_TICKETS


def test_a_brief_that_cannot_be_composed_is_awaited_on_the_page_and_refused_by_the_api(mara, monkeypatch):
    def broken(*_: Any, **__: Any) -> Any:
        raise ExternalUnavailable("The vector engine did not answer.", code="index_unavailable")

    mara.scope("group", "1")
    monkeypatch.setattr(reaching, "compose", broken)
    monkeypatch.setattr(reaching, "within", lambda brief, reach: None)
    number = next(one for one in set(mara.tickets) - mara.foreign("group", "1") if one % 4 >= 2)
    page = mara.browser.get(f"/tickets/{mara.tickets[number]}/")
    assert page.status_code == 200
    assert 'aria-busy="true"' in page.content.decode()
    assert mara.api.get(f"/api/v1/tickets/{mara.tickets[number]}/brief/").status_code == 503


