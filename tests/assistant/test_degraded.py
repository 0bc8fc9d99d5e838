"""With the vector engine, the cache server or the workers stopped every page and address of the assistant answers: what is
missing is said with its reason, and nothing is a 500."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.assistant.models import Brief, Feedback
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe, work_off
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.tenancy import cacheserver
from apps.tenancy.context import bind_company
from tests import engines
from tests.assistant.test_feedback import form_of

HTMX = {"hx-request": "true"}
QUESTION = "How long do orders inside the EU take?"
SEARCH = "orders EU working days"
INDEX_AWAY = "The search is not available right now"
SEARCH_AWAY = "Search by meaning is not available right now."


class Place:
    """A company with the charging case, its agent and its lead by browser, and an agent's token."""

    def __init__(self, acme: Any, case: Ticket, client_of: Any, token_of: Any) -> None:
        self.acme, self.case = acme, case
        self.browser, self.lead = client_of(acme), client_of(acme, "lead")
        self.api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme)}"})
        self.reader = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme, 'admin')}"})
        with bind_company(acme.binding()):
            self.article = Article.objects.filter(visibility="public").first().pk
            self.message = Message.objects.filter(ticket=case).first().pk
        self.page = self.browser.get(f"/tickets/{case.pk}/").content.decode()
        self.answer = self.browser.post("/ask/", {"question": QUESTION}).content.decode()
        assert 'class="cite"' in self.answer

    def gets(self) -> dict[str, Any]:
        """Every address that only shows something -> its answer."""
        one = f"/tickets/{self.case.pk}/"
        pages = {path: self.browser.get(path) for path in (
            "/", "/?number=999", "/?status=solved", one, f"{one}?insert=draft", f"{one}draft/?seen=x", f"{one}messages/?first=1&last=9",
            f"/messages/{self.message}/sent/", "/search/", f"/search/?q={SEARCH}", "/ask/", f"/sources/messages/{self.message}/",
            f"/sources/articles/{self.article}/", "/views/",
        )}  # fmt: skip
        pages["/team/feedback/"] = self.lead.get("/team/feedback/")
        ticket = f"/api/v1/tickets/{self.case.pk}/"
        api = {path: self.api.get(path) for path in (
            "/api/v1/tickets/", ticket, f"{ticket}brief/", f"{ticket}draft/", f"{ticket}similar/", f"{ticket}articles/",
            "/api/v1/articles/", f"/api/v1/articles/{self.article}/", f"/api/v1/search/?q={SEARCH}",
        )}  # fmt: skip
        return pages | api | {"/api/v1/sync/": self.reader.get("/api/v1/sync/")}

    def feedback(self) -> list[int]:
        """A word on one thing of each kind, by page and by API; the statuses. All of them are kept."""
        statuses = []
        for kind, page in (("draft", self.page), ("similar", self.page), ("article", self.page), ("answer", self.answer)):
            form = form_of(page, kind)
            statuses.append(self.browser.post("/feedback/", form | {"value": "down", "reason": "wrong"}, headers=HTMX).status_code)
            body = {name: form[name] for name in ("kind", "thing", "ticket") if form.get(name)} | {"value": "up"}
            statuses.append(self.api.post("/api/v1/feedback/", body, content_type="application/json").status_code)
        with bind_company(self.acme.binding()):
            assert Feedback.objects.filter(helpful=True).count() == 4  # one person: the second word took the first one's place
        return statuses

    def asked(self) -> dict[str, Any]:
        where = f"/tickets/{self.case.pk}/ask/"
        return {
            "page": self.browser.post("/ask/", {"question": QUESTION}),
            "part": self.browser.post("/ask/", {"question": QUESTION}, headers=HTMX),
            "ticket": self.browser.post(where, {"question": QUESTION}),
            "ticket part": self.browser.post(where, {"question": QUESTION}, headers=HTMX),
            "api": self.api.post("/api/v1/ask/", {"question": QUESTION}, content_type="application/json"),
        }


@pytest.fixture
def place(acme, case, client_of, token_of) -> Place:
    return Place(acme, case, client_of, token_of)


@pytest.fixture
def without_vectors(place) -> Iterator[Place]:
    engines.vectors.stop()
    try:
        yield place
    finally:
        engines.vectors.start()


@pytest.fixture
def without_cache(place) -> Iterator[Place]:
    """The broker too: it is the same server here."""
    engines.valkey.stop()
    try:
        yield place
    finally:
        engines.valkey.start()
        cacheserver.server.cache_clear()


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_without_the_vector_engine_everything_that_was_made_is_shown(without_vectors):
    found = without_vectors.gets()
    assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
    ticket = text(found[f"/tickets/{without_vectors.case.pk}/"])
    assert 'data-state="ready"' in ticket
    assert "Right earbud dead" in ticket  # the similar one
    assert "Other tickets of this customer" in ticket or "only ticket" in ticket
    assert INDEX_AWAY not in ticket
    for path in ("similar", "articles"):
        assert found[f"/api/v1/tickets/{without_vectors.case.pk}/{path}/"].json()["results"]
    assert without_vectors.feedback() == [200] * 8


def test_without_the_vector_engine_a_search_goes_by_words_and_says_why(without_vectors):
    found = without_vectors.gets()
    page = text(found[f"/search/?q={SEARCH}"])
    assert SEARCH_AWAY in page
    assert '<li class="result"' in page
    assert found[f"/api/v1/search/?q={SEARCH}"].json()["mode"] == "words"
    assert found[f"/api/v1/search/?q={SEARCH}"].json()["results"]


def test_without_the_vector_engine_a_question_is_refused_with_the_reason_and_kept(without_vectors):
    for where, answer in without_vectors.asked().items():
        assert (where, answer.status_code) == (where, 503)
        if where == "api":
            assert answer.json()["code"] == "index_unavailable"
        else:
            assert INDEX_AWAY in text(answer)
            assert QUESTION in text(answer) or "part" in where  # with script it never left the field
    engines.vectors.start()
    assert {answer.status_code for answer in without_vectors.asked().values()} == {200}
    engines.vectors.stop()


def test_a_brief_that_cannot_be_made_without_the_engine_says_so(without_vectors):
    place = without_vectors
    with bind_company(place.acme.binding()):
        Brief.objects.all().delete()
        owe(Outbox.Kind.BRIEF, [place.case.pk])
        work_off(Outbox.Kind.BRIEF)
        assert Outbox.objects.get(kind=Outbox.Kind.BRIEF).last_error == "index_unavailable"
    page = place.browser.get(f"/tickets/{place.case.pk}/")
    assert page.status_code == 200
    assert INDEX_AWAY in text(page)
    assert 'class="composer"' in text(page)
    news = place.browser.get(f"/tickets/{place.case.pk}/draft/?seen=none", headers=HTMX)
    assert INDEX_AWAY in text(news)  # a page that was open is told too, once
    assert place.browser.get(f"/tickets/{place.case.pk}/draft/?seen=none-index", headers=HTMX).status_code == 204
    for part in ("brief", "draft", "similar", "articles"):
        refused = place.api.get(f"/api/v1/tickets/{place.case.pk}/{part}/")
        assert (refused.status_code, refused.json()["code"]) == (404, "brief_missing")


def test_without_the_cache_server_everything_is_there(without_cache):
    found = without_cache.gets()
    assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
    assert SEARCH_AWAY not in text(found[f"/search/?q={SEARCH}"])
    assert found[f"/api/v1/search/?q={SEARCH}"].json()["mode"] == "hybrid"
    asked = without_cache.asked()
    assert {answer.status_code for answer in asked.values()} == {200}
    assert 'class="cite"' in text(asked["part"])
    assert asked["api"].json()["outcome"] == "answer"
    assert without_cache.feedback() == [200] * 8


def test_without_cache_and_engine_a_search_still_finds_the_words(without_cache):
    engines.vectors.stop()
    try:
        found = without_cache.gets()
        assert {path: answer.status_code for path, answer in found.items() if answer.status_code != 200} == {}
        assert SEARCH_AWAY in text(found[f"/search/?q={SEARCH}"])
        assert {answer.status_code for answer in without_cache.asked().values()} == {503}
        assert without_cache.feedback() == [200] * 8
    finally:
        engines.vectors.start()


def test_while_no_worker_is_there_a_new_ticket_says_what_it_waits_for(place):
    """Nothing runs here but what a test runs: what is owed stays owed."""
    path, late = f"/tickets/{place.case.pk}/", "Background work is late"
    with bind_company(place.acme.binding()):
        Brief.objects.all().delete()
        owe(Outbox.Kind.THREAD, [place.case.pk])
    page = text(place.browser.get(path))
    assert 'aria-busy="true"' in page
    assert late not in page
    with bind_company(place.acme.binding()):
        Outbox.objects.update(due_at=timezone.now() - timedelta(seconds=61))
    found = place.gets()
    missing = {name for name, answer in found.items() if answer.status_code != 200}
    assert missing == {f"/api/v1{path}{part}/" for part in ("brief", "draft", "similar", "articles")}
    assert {found[name].json()["code"] for name in missing} == {"brief_missing"}
    assert late in text(found[path])
    assert late in text(place.browser.get(f"{path}draft/?seen=none", headers=HTMX))
    assert {answer.status_code for answer in place.asked().values()} == {200}  # a question needs none


def test_every_page_says_that_nobody_reads_the_helpdesk(place):
    long_ago = timezone.now() - timedelta(hours=1)
    with bind_company(place.acme.binding()):
        stream = Stream.objects.create(
            connection=Connection.objects.get(), kind="tickets", next_at=timezone.now(), completed_at=timezone.now(), first_completed_at=long_ago
        )
    assert "Synced" in text(place.browser.get("/"))
    with bind_company(place.acme.binding()):
        Stream.objects.filter(pk=stream.pk).update(completed_at=long_ago, next_at=long_ago)
    for path in ("/", f"/tickets/{place.case.pk}/", "/search/", "/ask/"):
        assert "Sync delayed" in text(place.browser.get(path))
