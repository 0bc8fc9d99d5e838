"""Feedback: one word a person and thing, changeable, taken back; on what was shown and on nothing else; gone with its
ticket and its person."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client

from apps.accounts.models import User
from apps.accounts.reach import ALL_TICKETS
from apps.assistant import answers
from apps.assistant.feedback import Thing, give_feedback, new_answer_name, withdraw_feedback
from apps.assistant.models import Brief, Feedback
from apps.core.errors import BadInput, Conflict, NotFound
from apps.ingest.deletions import erase_tickets
from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies

HTMX = {"hx-request": "true"}


@pytest.fixture
def browser(acme, case, client_of):
    return client_of(acme)


@pytest.fixture
def person(acme, case, make_user):
    return make_user(acme)


@pytest.fixture
def inside(acme, case):
    with bind_company(acme.binding()):
        yield


def kept(acme) -> list[tuple[str, bool, str, str]]:
    with bind_company(acme.binding()):
        return list(Feedback.objects.order_by("created_at").values_list("kind", "helpful", "reason", "comment"))


def parts(acme, case) -> dict[str, str]:
    """The name of one thing of each kind that the case's page shows."""
    with bind_company(acme.binding()):
        brief = Brief.objects.get(ticket=case).shape()
        return {"draft": brief.thread_version, "similar": brief.similar[0].ticket_id, "article": brief.articles[0].article_id,
                "answer": new_answer_name()}  # fmt: skip


def test_a_second_word_takes_the_place_of_the_first_and_the_same_again_changes_nothing(acme, case, person, inside):
    thing = Thing("draft", ALL_TICKETS, ticket=case)
    first = give_feedback(user=person, thing=thing, helpful=False, reason="outdated", comment=" Old \u200bhandbook. ")
    again = give_feedback(user=person, thing=thing, helpful=False, reason="outdated", comment="Old handbook.")
    assert first.pk == again.pk
    assert kept(acme) == [("draft", False, "outdated", "Old handbook.")]
    give_feedback(user=person, thing=thing, helpful=True)
    assert kept(acme) == [("draft", True, "", "")]
    assert withdraw_feedback(user=person, thing=thing)
    assert not withdraw_feedback(user=person, thing=thing)
    assert kept(acme) == []


def test_every_person_has_a_word_of_their_own(acme, case, person, inside, make_user):
    other = make_user(acme, "lead")
    for one in (person, other):
        give_feedback(user=one, thing=Thing("draft", ALL_TICKETS, ticket=case), helpful=one is person)
    withdraw_feedback(user=person, thing=Thing("draft", ALL_TICKETS, ticket=case))
    assert kept(acme) == [("draft", False, "", "")]
    assert Feedback.objects.get().user_id == other.pk


def test_only_what_was_shown_can_be_judged(acme, case, person, inside):
    solved, name = Ticket.objects.get(remote_id="101"), new_answer_name()
    for thing, problem in (
        (Thing("draft", ALL_TICKETS, "0" * 32, case), Conflict), (Thing("draft", ALL_TICKETS, "", None), NotFound),
        (Thing("draft", ALL_TICKETS, "", solved), NotFound),  # solved: no brief
        (Thing("similar", ALL_TICKETS, str(case.pk), case), NotFound), (Thing("similar", ALL_TICKETS, "x", case), NotFound),
        (Thing("article", ALL_TICKETS, str(solved.pk), case), NotFound), (Thing("answer", ALL_TICKETS, "made up"), NotFound),
        (Thing("answer", ALL_TICKETS, name[:-1] + ("0" if name[-1] != "0" else "1")), NotFound), (Thing("answer", ALL_TICKETS, ""), NotFound),
    ):  # fmt: skip
        with pytest.raises(problem):
            give_feedback(user=person, thing=thing, helpful=True)
    for bad in (
        {"comment": "x" * 1001, "helpful": False},
        {"reason": "wrong", "helpful": True},
        {"comment": "x", "helpful": True},
    ):
        with pytest.raises(BadInput):
            give_feedback(user=person, thing=Thing("answer", ALL_TICKETS, name), **bad)
    assert kept(acme) == []


def test_the_database_keeps_one_word_and_no_reason_of_a_helpful_one(acme, case, person, inside):
    row = {"user": person, "kind": "answer", "thing": "x", "helpful": True}
    Feedback.objects.create(**row)
    with pytest.raises(IntegrityError, match="assistant_feedback_key"), transaction.atomic():
        Feedback.objects.create(**row)  # without a ticket too
    with pytest.raises(IntegrityError, match="assistant_feedback_reason"), transaction.atomic():
        Feedback.objects.create(**row | {"thing": "y", "reason": "wrong"})


def test_an_answer_named_by_another_company_is_unknown(acme, globex, case, make_user):
    with bind_company(acme.binding()):
        name = new_answer_name()
    with bind_company(globex.binding()), pytest.raises(NotFound):
        give_feedback(user=make_user(globex), thing=Thing("answer", ALL_TICKETS, name), helpful=True)


def test_words_go_with_either_ticket_and_with_their_person(acme, case, person, inside):
    names = parts(acme, case)
    for kind in ("draft", "similar", "article"):
        give_feedback(user=person, thing=Thing(kind, ALL_TICKETS, names[kind], case), helpful=False, comment="Priya Raman wrote it.")
    give_feedback(user=person, thing=Thing("answer", ALL_TICKETS, names["answer"], case), helpful=False, question="Who is Priya?")
    give_feedback(user=person, thing=Thing("answer", ALL_TICKETS, names["answer"]), helpful=True, question="Who is Ingrid?")
    erase_tickets([Ticket.objects.get(remote_id="101").pk])
    assert sorted(one[0] for one in kept(acme)) == ["answer", "answer", "article", "draft"]
    erase_tickets([case.pk])
    assert [one[0] for one in kept(acme)] == ["answer"]
    person.delete()
    assert kept(acme) == []


# over HTTP


def form_of(page: str, kind: str) -> dict[str, str]:
    """The hidden fields of the first form of that kind on a page."""
    start = page.index(f'id="fb-{kind}-')
    fields = re.findall(
        r'<input type="hidden" name="(kind|thing|ticket|question)" value="([^"]*)">', page[start : start + 3000]
    )
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name, value)
    return found


def test_a_page_without_script_keeps_a_word_and_asks_for_a_reason(acme, case, browser):
    page = browser.get(f"/tickets/{case.pk}/").content.decode()
    for kind in ("draft", "similar", "article"):
        given = browser.post("/feedback/", form_of(page, kind) | {"value": "down"})
        assert given.status_code == 302
        assert re.fullmatch(rf"/tickets/{case.pk}/#fb-{kind}-[0-9a-f]{{10}}", given["Location"])
    after = browser.get(f"/tickets/{case.pk}/").content.decode()
    assert after.count('<details class="fb-why" open>') == 3
    assert given["Location"].partition("#")[2] in after
    tones = after.count('value="tone"')
    assert tones == 1  # of the draft alone: a source has none
    browser.post(
        "/feedback/", form_of(page, "draft") | {"value": "down", "reason": "tone", "comment": "Too <b>stiff</b>"}
    )
    after = browser.get(f"/tickets/{case.pk}/").content.decode()
    assert "Reason: Wrong tone" in after
    assert "Too &lt;b&gt;stiff&lt;/b&gt;</textarea>" in after
    assert ("draft", False, "tone", "Too <b>stiff</b>") in kept(acme)
    browser.post("/feedback/", form_of(page, "draft") | {"value": "none"})
    assert sorted(one[0] for one in kept(acme)) == ["article", "similar"]


def test_with_script_the_thumbs_come_back_alone_and_it_is_said(acme, case, browser):
    form = form_of(browser.get(f"/tickets/{case.pk}/").content.decode(), "draft")
    down = browser.post("/feedback/", form | {"value": "down"}, headers=HTMX).content.decode()
    assert "<html" not in down
    assert down.startswith('<div class="fb" id="fb-draft-')
    assert '<p id="said" hx-swap-oob="innerHTML">Marked as not helpful. You can add a reason.</p>' in down
    assert re.search(r'-down" name="value" value="none" aria-pressed="true"', down)
    saved = browser.post("/feedback/", form | {"value": "down", "reason": "wrong"}, headers=HTMX).content.decode()
    assert re.search(r'<summary id="fb-draft-\w+-why" autofocus>\s*Reason: Incorrect</summary>', saved)
    up = browser.post("/feedback/", form | {"value": "up"}, headers=HTMX).content.decode()
    assert "fb-why" not in up
    assert "Thank you. Your feedback is saved." in up
    assert kept(acme) == [("draft", True, "", "")]


def test_an_answer_is_judged_with_its_question_and_without_script_on_a_page_of_its_own(acme, case, browser):
    for where in ("/ask/", f"/tickets/{case.pk}/ask/"):
        page = browser.post(where, {"question": "How long do orders inside the EU take?"}).content.decode()
        given = browser.post("/feedback/", form_of(page, "answer") | {"value": "down"})
        assert given.status_code == 200
        assert "What was wrong?" in given.content.decode()
        assert "How long do orders inside the EU take?" in given.content.decode()
    refused = browser.post("/ask/", {"question": "Who won the chess tournament in Reykjavik?"}).content.decode()
    assert form_of(refused, "answer")["question"] == "Who won the chess tournament in Reykjavik?"
    with bind_company(acme.binding()):
        questions = Feedback.objects.order_by("created_at").values_list("question", "ticket__remote_id")
        assert list(questions) == [
            ("How long do orders inside the EU take?", None),
            ("How long do orders inside the EU take?", "102"),
        ]


def test_a_refusal_says_why_and_keeps_nothing(acme, case, browser, globex, client_of):
    form = form_of(browser.get(f"/tickets/{case.pk}/").content.decode(), "draft") | {"value": "down"}
    for change, status in (
        ({"kind": "mood"}, 400), ({"value": "maybe"}, 400), ({"reason": "rude"}, 400), ({"kind": ""}, 400),
        ({"ticket": "x"}, 404), ({"ticket": "01900000-0000-7000-8000-000000000000"}, 404),
        ({"thing": "0" * 32}, 409), ({"thing": "x\0y"}, 409), ({"comment": "x" * 1001}, 400), ({"kind": "answer"}, 404),
        ({"kind": "similar"}, 404),
    ):  # fmt: skip
        answer = browser.post("/feedback/", form | change, headers=HTMX)
        assert (change, answer.status_code) == (change, status)
    assert "another one by now" in browser.post("/feedback/", form | {"thing": "0" * 32}).content.decode()
    assert client_of(globex).post("/feedback/", form).status_code == 404
    strict = Client(enforce_csrf_checks=True, headers={"host": "acme.localhost"})
    strict.cookies = browser.cookies
    assert strict.post("/feedback/", form).status_code == 403
    assert kept(acme) == []


def test_the_api_keeps_changes_and_takes_back(acme, case, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})

    def send(**body):
        answer = api.post("/api/v1/feedback/", body, content_type="application/json")
        shape = answers.GivenFeedback if answer.status_code == 200 else answers.Problem
        return answer.status_code, shape.model_validate_json(answer.content)

    for _ in range(2):
        status, one = send(kind="draft", ticket=str(case.pk), value="down", reason="missing", comment="The date")
        assert (status, one.value, one.reason, one.comment, one.thing) == (
            200,
            "down",
            "missing",
            "The date",
            case.thread_version,
        )
    assert kept(acme) == [("draft", False, "missing", "The date")]
    assert send(kind="draft", ticket=str(case.pk), value="none")[1].updated_at is None
    assert kept(acme) == []
    asked = api.post("/api/v1/ask/", {"question": "delivery time EU orders"}, content_type="application/json").json()
    assert send(kind="answer", thing=asked["name"], value="up", question="delivery time EU orders")[0] == 200
    for body, code, status in (
        ({"kind": "draft", "ticket": str(case.pk), "value": "up", "reason": "wrong"}, "reason_of_helpful", 400),
        ({"kind": "draft", "ticket": str(case.pk), "thing": "x", "value": "up"}, "draft_changed", 409),
        ({"kind": "answer", "thing": "x", "value": "up"}, "answer_unknown", 404),
        ({"kind": "draft", "value": "up"}, "brief_missing", 404),
        ({"kind": "draft", "ticket": str(case.pk), "value": "down", "reason": "rude"}, "invalid", 400),
        ({"kind": "draft", "ticket": str(case.pk)}, "invalid", 400),
    ):  # fmt: skip
        answered, problem = send(**body)
        assert (answered, problem.code) == (status, code), body
    assert kept(acme) == [("answer", True, "", "")]


def test_a_token_that_may_only_read_gives_none(acme, case, token_of):
    api = Client(
        headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme, scopes=['read', 'ask'])}"}
    )
    sent = api.post(
        "/api/v1/feedback/", {"kind": "draft", "ticket": str(case.pk), "value": "up"}, content_type="application/json"
    )
    assert sent.status_code == 403
    assert kept(acme) == []


def test_admins_see_every_word_and_change_none(acme, case, person, client_of):
    with bind_company(acme.binding()):
        given = give_feedback(
            user=person, thing=Thing("draft", ALL_TICKETS, ticket=case), helpful=False, reason="private", comment="Fault named"
        )
    admin = client_of(acme, "admin")
    listed = admin.get("/admin/assistant/feedback/?helpful__exact=0&reason__exact=private").content.decode()
    assert "Fault named" in listed
    assert person.email in listed or person.name in listed
    assert "Fault named" not in admin.get("/admin/assistant/feedback/?reason__exact=tone").content.decode()
    assert "Fault named" in admin.get(f"/admin/assistant/feedback/{given.pk}/change/").content.decode()
    for where in (f"{given.pk}/delete/", "add/"):
        assert admin.post(f"/admin/assistant/feedback/{where}", {"post": "yes"}).status_code == 403
    assert client_of(acme, "lead").get("/admin/assistant/feedback/").status_code == 302
    assert len(kept(acme)) == 1


def test_it_is_in_the_description_of_the_api(acme, token_of):
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
    found = orjson.loads(api.get("/api/v1/schema/?format=json", headers={"accept": "application/json"}).content)
    assert set(found["paths"]["/api/v1/feedback/"]["post"]["responses"]) == {"200", "400", "401", "403", "404", "409"}


@pytest.fixture
def committed(superuser_url, django_db_setup, django_db_blocker):
    """A company whose rows are there for every thread."""
    with django_db_blocker.unblock(), companies(superuser_url, "manyhands") as (company,):
        with bind_company(company.binding()):
            person = User.objects.make(email="mara@manyhands.example", name="Mara", role="agent")
        yield company, person


def test_the_same_word_sent_at_the_same_time_is_kept_once(committed, django_db_blocker):
    """Twelve threads with connections of their own."""
    company, person = committed
    with bind_company(company.binding()):
        name = new_answer_name()

    def send(number: int) -> None:
        try:
            with bind_company(company.binding()):
                thing = Thing("answer", ALL_TICKETS, name)
                give_feedback(user=person, thing=thing, helpful=False, comment=f"Word {number}")
        finally:
            connections.close_all()

    with django_db_blocker.unblock():
        with ThreadPoolExecutor(12) as threads:
            list(threads.map(send, range(12)))
        assert len(kept(company)) == 1
