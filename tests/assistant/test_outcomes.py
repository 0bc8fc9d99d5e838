"""What a customer said of how a case was handled: in words on its page, on the cards of tickets like it, and in the API."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from apps.accounts.models import ApiToken
from apps.assistant.outcomes import outcomes_of, score_words
from apps.platforms.models import Person, Ticket
from apps.platforms.ratings import Rating, TimeEntry
from apps.tenancy.context import bind_company
from tests.mirror import NOW

SCALE = range(-3, 4)


def rate(ticket: Ticket, score: int | None, feedback: str = "", *, days: int = 0, person: Person | None = None) -> Rating:
    return Rating.objects.create(
        connection_id=ticket.connection_id, ticket=ticket, person=person or ticket.customer, score=score, feedback=feedback,
        remote_id=f"{ticket.remote_id}.{days}", created_at=NOW + timedelta(days=days),
    )  # fmt: skip


@pytest.fixture
def rated(acme, case):
    """The open case was rated twice, by the customer and by somebody else; the solved one like it once."""
    with bind_company(acme.binding()):
        other = Person.objects.create(connection_id=case.connection_id, remote_id="777", name="Hana Bauer")
        rate(case, -2, "Nobody <b>answered</b>.\nFor days.")
        rate(case, None, "Better now", days=1, person=other)
        rate(Ticket.objects.get(remote_id="101"), 3, "CNRY a comment of another case", days=2)
    return case


def test_the_page_says_it_in_words_with_the_comment_and_so_do_cards_of_tickets_like_it(acme, rated, client_of):
    page = client_of(acme).get(f"/tickets/{rated.pk}/").content.decode()
    head = page[page.index('id="ticket-head"') : page.index('class="jumpbar')]
    assert "Rated: On a scale of the helpdesk’s own" in head  # the last word
    panel = page[page.index('id="panel-customer"') : page.index('id="panel-why"')]
    said = [re.sub(r"\s+", " ", re.sub(r"<(?:svg.*?</svg|[^>]*)>", " ", one)).strip() for one in re.findall(r"<li>(.*?)</li>", panel[: panel.index("</ul>")], re.DOTALL)]
    assert [words.split(" ")[-2:] for words in said] == [["Better", "now"], ["For", "days."]]
    assert "Hana Bauer" in said[0]
    assert "Very unhappy" in said[1]
    assert "Nobody &lt;b&gt;answered&lt;/b&gt;.<br>For days." in panel
    card = page[page.index('id="panel-similar"') : page.index('id="panel-articles"')]
    assert re.search(r"Rated: Extremely happy</span>", card)
    assert "CNRY" not in page  # a comment is read where it was given


def test_one_statement_however_many_tickets_and_ratings(acme, rated, django_assert_num_queries):
    with bind_company(acme.binding()):
        others = [str(one) for one in Ticket.objects.values_list("pk", flat=True)]
        with django_assert_num_queries(1):
            found = outcomes_of(rated, others)
    assert len(found.own) == 2
    assert [one.words for one in found.others.values()] == ["Extremely happy"]


def test_the_api_tells_the_ratings_of_a_ticket_newest_first(acme, rated, make_user):
    with bind_company(acme.binding()):
        token = ApiToken.issue(user=make_user(acme), name="outcomes", scopes=None)[1]
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"})
    told = api.get(f"/api/v1/tickets/{rated.pk}/").json()["ratings"]
    assert [(one["score"], one["comment"]) for one in told] == [(None, "Better now"), (-2, "Nobody <b>answered</b>.\nFor days.")]
    assert told[1]["created_at"] == "2026-11-20T09:00:00.000000Z"
    with bind_company(acme.binding()):
        Rating.objects.all().delete()
    assert api.get(f"/api/v1/tickets/{rated.pk}/").json()["ratings"] == []


def spend(ticket: Ticket, minutes: int, note: str = "", *, number: int, billable: bool = True, agent: Person | None = None) -> None:
    TimeEntry.objects.create(
        connection_id=ticket.connection_id, ticket=ticket, agent=agent, remote_id=f"{ticket.remote_id}.{number}", minutes=minutes,
        billable=billable, running=number == 2, note=note, spent_at=NOW + timedelta(days=number),
    )  # fmt: skip


def test_the_page_and_the_api_tell_the_time_that_was_spent_and_who_noted_it(acme, case, client_of, make_user):
    browser = client_of(acme)
    assert "Time spent" not in browser.get(f"/tickets/{case.pk}/").content.decode()
    with bind_company(acme.binding()):
        mira = Person.objects.create(connection_id=case.connection_id, remote_id="778", name="Mira Sato", kind=Person.Kind.AGENT)
        spend(case, 65, "Called <them>", number=1, agent=mira)
        spend(case, 20, number=2, billable=False)
        spend(Ticket.objects.get(remote_id="101"), 600, "CNRY of another case", number=3)
        token = ApiToken.issue(user=make_user(acme, email="api@acme.example"), name="outcomes", scopes=None)[1]
    page = browser.get(f"/tickets/{case.pk}/").content.decode()
    assert "CNRY" not in page
    part = page[page.index("Time spent") : page.index("</details>", page.index("Time spent"))]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part)).strip()
    assert words.startswith("Time spent: 1 h 25 min Billable: 1 h 5 min 20 min")
    assert "Not billable · Timer is running" in words
    assert "1 h 5 min Mira Sato" in words
    assert words.endswith("Billable Called &lt;them&gt;")
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token}"})
    told = api.get(f"/api/v1/tickets/{case.pk}/").json()["time_entries"]
    assert [(one["agent"], one["minutes"], one["billable"], one["running"], one["note"]) for one in told] == [
        (None, 20, False, True, ""), ("Mira Sato", 65, True, False, "Called <them>"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko", "ja", "zh-hans", "de", "fr", "es"])
def test_every_step_of_the_scale_has_words_of_its_own(language):
    with translation.override(language):
        assert len({score_words(score) for score in (*SCALE, None)}) == len(SCALE) + 1
