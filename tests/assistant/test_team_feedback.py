"""Leads see what their company's people thought: newest first, by kind and reason, with counts; within reach, nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.assistant.models import Feedback
from apps.assistant.team_pages import PAGE
from apps.platforms.agents import map_by_hand
from apps.platforms.models import Group, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import make_connection
from tests.platforms.test_reach import MARA, agent, tell

PATH = "/team/feedback/"


@pytest.fixture
def given(acme, case, make_user):
    """Seven words of two agents, the oldest first."""
    first, second = make_user(acme), make_user(acme, email="noor@acme.example")
    rows = [
        (first, "draft", True, "", "", ""), (second, "draft", False, "outdated", "The handbook of 2024", ""),
        (first, "similar", False, "not_relevant", "", ""), (second, "similar", False, "not_relevant", "", ""),
        (first, "article", False, "", "", ""), (first, "answer", False, "missing", "No date <b>named</b>", "When does it end?"),
        (second, "answer", True, "", "", "Who pays?"),
    ]  # fmt: skip
    with bind_company(acme.binding()):
        solved = Ticket.objects.get(remote_id="101")
        for number, (person, kind, helpful, reason, comment, question) in enumerate(rows):
            row = Feedback.objects.create(
                user=person, kind=kind, ticket=None if kind == "answer" else case, thing=f"t{number}", helpful=helpful, reason=reason,
                comment=comment, question=question, similar=solved if kind == "similar" else None,
            )  # fmt: skip
            Feedback.objects.filter(pk=row.pk).update(updated_at=timezone.now() - timedelta(minutes=60 - number))
    return acme


@pytest.fixture
def lead(given, client_of):
    return client_of(given, "lead")


def show(browser, query: str = "") -> str:
    answer = browser.get(PATH + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def listed(page: str) -> int:
    return page.count('<li id="f-')


def bars(page: str) -> list[tuple[str, int, int]]:
    """(reason, count, length of its bar)"""
    row = r'<tr><th scope="row"><a href="[^"]*"(?: aria-current="true")?>([^<]+)</a></th><td class="r">(\d+)</td><td class="bar"><svg [^>]*aria-hidden="true"><rect width="(\d+)"'
    return [(reason, int(count), int(length)) for reason, count, length in re.findall(row, page)]


def test_everything_is_listed_newest_first_with_whose_word_it_is(lead):
    page = show(lead)
    assert listed(page) == 7
    assert page.index("Who pays?") < page.index("No date &lt;b&gt;named&lt;/b&gt;") < page.index("The handbook of 2024")
    assert "#102 Left earbud stopped charging" in page
    assert 'role="status">7 times<' in page


def test_the_chart_counts_by_reason_and_says_each_number_in_words(lead):
    assert bars(show(lead)) == [("Not relevant", 2, 100), ("Information missing", 1, 50), ("No reason given", 1, 50), ("Source out of date", 1, 50)]
    assert bars(show(lead, "?kind=draft")) == [("Source out of date", 1, 100)]
    kinds = re.findall(r'<tr><th scope="row"><a href="\?kind=(\w+)">[^<]+</a></th><td class="r">(\d+)</td><td class="r">(\d+)</td></tr>', show(lead))
    assert kinds == [("draft", "1", "1"), ("answer", "1", "1"), ("similar", "0", "2"), ("article", "0", "1")]


@pytest.mark.parametrize(("query", "count"), [
    ("?kind=draft", 2), ("?kind=answer&value=down", 1), ("?value=up", 2), ("?value=down", 5), ("?reason=not_relevant", 2),
    ("?reason=none", 1), ("?kind=article&reason=tone", 0), ("?kind=mood&reason=rude&value=maybe", 7), ("?after=x", 7),
])  # fmt: skip
def test_filters_narrow_list_and_number_and_unknown_values_count_as_none(lead, query, count):
    page = show(lead, query)
    assert listed(page) == count
    assert f'role="status">{count} time{"" if count == 1 else "s"}<' in page
    assert ("No feedback fits these filters." in page) is (count == 0)


def test_a_long_list_comes_in_parts_that_lose_and_repeat_nothing(given, lead, case):
    with bind_company(given.binding()):
        person, moment = User.objects.filter(role="agent").first(), timezone.now()
        rows = [Feedback(user=person, kind="draft", ticket=case, thing=f"x{number}", helpful=True) for number in range(2 * PAGE)]
        Feedback.objects.bulk_create(rows)
        Feedback.objects.filter(thing__startswith="x").update(updated_at=moment)  # of one moment: the id decides
    seen, page = [], show(lead)
    while True:
        seen += re.findall(r'<li id="f-([0-9a-f-]+)"', page)
        following = re.search(r'<a class="btn" href="(\?[^"]*after=[^"]+)"', page)
        if following is None:
            break
        page = show(lead, following[1].replace("&amp;", "&"))
    assert len(seen) == len(set(seen)) == 7 + 2 * PAGE


def test_a_lead_of_limited_reach_meets_neither_words_nor_counts_of_other_tickets(given, lead, case):
    with bind_company(given.binding()):
        tell(make_connection(), agent("group", "1"))
        map_by_hand(person=User.objects.get(role="lead"), agent_email=MARA)
        group = {row.remote_id: row for row in Group.objects.all()}
        Ticket.objects.update(group=group["2"])
    page = show(lead)
    assert "The handbook of 2024" not in page
    assert listed(page) == 2  # answers that belong to no ticket
    assert bars(page) == [("Information missing", 1, 100)]
    with bind_company(given.binding()):
        Ticket.objects.filter(pk=case.pk).update(group=group["1"])
    page = show(lead)
    assert listed(page) == 5  # not those on a similar ticket out of reach
    assert "Not relevant</a></th>" not in page


def test_before_there_is_any_the_page_says_who_gives_it(acme, case, client_of):
    page = show(client_of(acme, "lead"))
    assert "No feedback yet." in page
    assert "<table" not in page


def test_only_leads_and_admins_are_offered_it_and_another_company_has_its_own(given, globex, client_of):
    for role, inside in (("lead", True), ("admin", True), ("agent", False), ("privacy", False)):
        browser = client_of(given, role)
        assert (f'href="{PATH}"' in browser.get("/").content.decode()) is inside
        assert browser.get(PATH).status_code == (200 if inside else 403)
    assert "handbook" not in show(client_of(globex, "lead"))


def test_its_texts_are_in_every_language(given, client_of):
    browser = client_of(given, "lead")
    seen = set()
    for language in ("en", "ko", "ja", "zh-hans", "de", "fr", "es"):
        with bind_company(given.binding()):
            User.objects.filter(role="lead").update(language=language)
        seen.add(re.search(r"<h1>([^<]+)</h1>", show(browser))[1])
    assert len(seen) == 7
