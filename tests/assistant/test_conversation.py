"""Long conversations: the first message, the newest, what a link aims at, and a way to everything else."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.assistant.conversation import FEW, NEWEST, PART, Gap, lay_out
from apps.assistant.models import Brief
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import NOW, charging_case

LONG = 300
HTMX = {"hx-request": "true"}


@pytest.fixture
def case(acme):
    """An open ticket of 300 messages: every seventh is a private note."""
    with bind_company(acme.binding()):
        charging_case()
        ticket = Ticket.objects.get(remote_id="102")
        Message.objects.bulk_create(_message(ticket, number) for number in range(2, LONG + 1))
        return ticket


def _message(ticket: Ticket, number: int) -> Message:
    return Message(
        company_id="acme", ticket=ticket, remote_id=f"r{number}", number=number, kind="reply", author="agent",
        author_name="Tomasz Zielinski", visibility="public" if number % 7 else "private", html="", text=f"Words of {number}.",
        language="en", created_at=NOW + timedelta(minutes=number), updated_at=NOW, raw_hash="x",
    )  # fmt: skip


@pytest.fixture
def browser(acme, client_of):
    return client_of(acme)


def numbers(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'<article class="msg" id="m(\d+)"', page)]


def gaps(page: str) -> list[tuple[int, int, int]]:
    """(first, last, how many) of every control."""
    found = re.findall(r'data-first="(\d+)" data-last="(\d+)".*?Messages not shown: ([\d,]+)<', page, re.DOTALL)
    return [(int(first), int(last), int(hidden)) for first, last, hidden in found]


def link_of(page: str, place: int = 0) -> str:
    return re.findall(r'class="btn sm" href="([^"]*)" aria-describedby="gap-', page)[place].replace("&amp;", "&")


def part_of(page: str, place: int = 0) -> str:
    return re.findall(r'data-part="([^"]*)"', page)[place].replace("&amp;", "&")


def read(browser, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_long_conversation_shows_its_first_and_its_newest_messages_and_says_what_it_leaves_out(browser, case):
    page = read(browser, f"/tickets/{case.pk}/")
    assert numbers(page) == [1, *range(251, 301)]
    assert gaps(page) == [(2, 250, 249)]
    assert re.search(r"Conversation <span class=\"n\">300</span>", page)


def test_of_hidden_messages_nothing_is_read(browser, case):
    with CaptureQueriesContext(connection) as asked:
        assert "Words of 100." not in read(browser, f"/tickets/{case.pk}/")
    bodies = [one["sql"] for one in asked if '"platforms_message"."text"' in one["sql"]]
    assert len(bodies) == 1
    asked_for = re.search(r'"number" IN \(([^)]*)\)', bodies[0])[1]
    assert asked_for.count(",") == NEWEST


def test_without_script_the_control_leads_through_the_whole_conversation_in_pages_of_one_size(browser, case):
    seen, where = set(), f"/tickets/{case.pk}/"
    for _ in range(LONG // PART):
        page = read(browser, where)
        shown = numbers(page)
        assert len(shown) <= 1 + NEWEST + PART + 2 * FEW
        seen |= set(shown)
        assert not urlsplit(where).fragment or int(urlsplit(where).fragment[1:]) in shown
        if not gaps(page):
            break
        where = link_of(page)
    assert seen == set(range(1, LONG + 1))


@pytest.mark.parametrize("aim", [2, 60, 125, 249, 300])
def test_a_page_shows_the_message_that_a_link_aims_at(browser, case, aim):
    shown = numbers(read(browser, f"/tickets/{case.pk}/?at={aim}"))
    assert aim in shown
    assert {1, *range(251, 301)} <= set(shown)
    assert shown == sorted(set(shown))


@pytest.mark.parametrize("aim", ["", "x", "-3", "٣", "9" * 5000, "301", "999999999"])
def test_an_aim_that_is_none_is_no_trouble(browser, case, aim):
    assert numbers(browser.get(f"/tickets/{case.pk}/", {"at": aim}).content.decode()) == [1, *range(251, 301)]


def test_a_control_is_replaced_by_the_end_of_what_it_hid_and_the_focus_goes_to_where_reading_begins(browser, case):
    page = read(browser, f"/tickets/{case.pk}/")
    part = read(browser, part_of(page), **HTMX)
    assert numbers(part) == list(range(201, 251))
    assert gaps(part) == [(2, 200, 199)]
    assert re.findall(r'id="m(\d+)"[^>]* autofocus', part) == ["201"]
    assert urlsplit(link_of(page)).fragment == "m201"
    aimed = read(browser, f"{part_of(page)}&at=100", **HTMX)
    assert numbers(aimed) == list(range(75, 125))
    assert gaps(aimed) == [(2, 74, 73), (125, 250, 126)]
    assert re.findall(r'id="m(\d+)"[^>]* autofocus', aimed) == ["100"]


def test_news_leave_alone_what_the_reader_opened_above(browser, case, acme):
    page = read(browser, f"/tickets/{case.pk}/")
    look = re.search(r'hx-get="([^"]*/draft/\?seen=[^"]*)"', page)[1].replace("&amp;", "&")
    assert look.endswith("&since=251")
    with bind_company(acme.binding()):
        Message.objects.bulk_create([_message(case, LONG + 1)])
        Brief.objects.filter(ticket=case).update(thread_version="older")
    news = read(browser, look, **HTMX)
    assert numbers(news) == list(range(251, 302))
    assert 'id="newest" hx-swap-oob="true"' in news
    assert 'id="messages"' not in news


def test_more_news_than_a_page_takes_leave_a_control(browser, case):
    news = read(browser, f"/tickets/{case.pk}/draft/?seen=other&since=150", **HTMX)
    assert gaps(news) == [(150, 200, 51)]
    assert numbers(news) == list(range(201, 301))


def test_lines_of_the_summary_and_pages_of_sources_lead_to_hidden_messages(acme, browser, case):
    with bind_company(acme.binding()):
        stored = Brief.objects.get(ticket=case)
        line = stored.data["summary"]["request"][0]
        stored.data["summary"]["request"] = [line | {"number": 1}, line | {"number": 100}]
        stored.save()
        source = Message.objects.get(ticket=case, number=100)
    jumps = re.findall(r'class="jump" href="([^"]*)"', read(browser, f"/tickets/{case.pk}/"))
    assert jumps[:2] == ["#m1", f"/tickets/{case.pk}/?at=100#m100"]
    back = re.search(r'href="(/tickets/[^"]*)"', read(browser, f"/sources/messages/{source.pk}/"))[1]
    assert back == f"/tickets/{case.pk}/?at=100#m100"


def test_a_visit_of_support_counts_and_opens_public_messages_alone(monkeypatch, browser, case):
    monkeypatch.setattr("apps.assistant.views.may", lambda permission, role: permission != "notes.read")
    page = read(browser, f"/tickets/{case.pk}/")
    part = read(browser, f"{part_of(page)}&at=98", **HTMX)
    for shown in (numbers(page), numbers(part)):
        assert shown
        assert not [one for one in shown if one % 7 == 0]
    assert sum(hidden for *_, hidden in gaps(page)) == LONG - LONG // 7 - 1 - NEWEST


spans = st.lists(st.tuples(st.integers(-60, 260), st.integers(0, 80)).map(lambda one: (one[0], max(sum(one), 0))), max_size=4)


@given(count=st.integers(0, 250), wanted=spans)
def test_every_message_is_either_shown_once_or_behind_one_control(count, wanted):
    there = list(range(3, 3 + 2 * count, 2))  # numbers with holes, as who may not read notes has them
    parts = lay_out(there, wanted)
    told = [number for one in parts for number in (range(one.first, one.last + 1, 2) if isinstance(one, Gap) else [one])]
    assert told == there
    assert {number for start, stop in wanted for number in there[max(start, 0) : stop]} <= {one for one in parts if isinstance(one, int)}
    for gap in (one for one in parts if isinstance(one, Gap)):
        assert gap.hidden == (gap.last - gap.first) // 2 + 1 >= FEW
        assert gap.first <= gap.start <= gap.aim <= gap.last
