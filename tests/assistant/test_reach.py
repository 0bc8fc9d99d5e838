"""An agent meets here what the helpdesk shows them there: nothing else in pages, API, answers, counts and caches."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.reach import ALL_TICKETS
from apps.assistant import reaching
from apps.assistant.customers import customer_of
from apps.assistant.models import Brief
from apps.assistant.services import ask_question
from apps.core.errors import ExternalUnavailable
from apps.platforms.agents import map_by_hand
from apps.platforms.models import Attachment, Person, Ticket
from apps.platforms.reach import reach_of
from apps.tenancy.context import bind_company
from tests.assistant.reader import FAULTS, MARA, TICKETS, asked_many, group_of, mark
from tests.isolation.test_routes import COMPANY
from tests.platforms.test_reach import second_connection


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

SENT = {"mode": "copied", "question": "why?", "text": "Hello"}


def test_what_is_out_of_reach_is_answered_like_what_does_not_exist(mara):
    """Every address of the company with a ticket or a message in it."""
    mara.scope("restricted")
    never = "0198c0de-0000-7000-8000-000000000000"
    with bind_company(mara.company.binding()):
        ticket = Ticket.objects.get(remote_id="1")
        ids = {"ticket": ticket.pk, "message": ticket.messages.first().pk}
        ids["file"] = Attachment.objects.create(message_id=ids["message"], remote_id="1", name="a.txt", outcome="read", text="x").pk
    ways = [path for path, _, _ in COMPANY.values() if any(f"{{{one}}}" in path for one in ids)]
    ways = [one for one in ways if not one.startswith(("/views/", "/support-access/", "/webhooks/", "/sync/", "/products/", "/ai-label/"))]
    assert len(ways) >= 10
    for way in ways:
        client = mara.api if way.startswith("/api/") else mara.browser
        with_request_id = {"x-request-id": "00000000-0000-4000-8000-00000000000a"}
        answers = []
        for given in (ids, dict.fromkeys(ids, never)):
            path = way.format(**given)
            answer = client.get(path, headers=with_request_id)
            if answer.status_code == 405:
                more = {"content_type": "application/json"} if way.startswith("/api/") else {}
                answer = client.post(path, SENT, headers=with_request_id, **more)
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
