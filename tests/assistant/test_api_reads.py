"""Articles and the state of the sync over the API: shapes, pages, filters, who may, and the walls."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.reach import ALL_TICKETS
from apps.assistant import answers
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.platforms.budget import AccountGate
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import NOW, charging_case


@pytest.fixture
def connection(acme):
    with bind_company(acme.binding()):
        return charging_case()


@pytest.fixture
def api(acme, token_of):
    return Client(headers={"host": "acme.localhost", "authorization": f"Bearer {token_of(acme, 'lead')}"})


def add(connection: Connection, number: int, **changes) -> Article:
    fields = {
        "connection": connection, "remote_id": str(number), "language": "en", "title": f"Article {number}", "text": f"Words {number}",
        "published": True, "status_value": "2", "visibility": "public", "tags": ["one"], "created_at": NOW,
        "updated_at": NOW + timedelta(minutes=number // 2), "raw_hash": "x",
    }  # fmt: skip
    return Article.objects.create(**fields | changes)


def walked(api: Client, query: str = "") -> list[dict]:
    found, cursor = [], ""
    while True:
        page = api.get(f"/api/v1/articles/?limit=3{query}{cursor}").json()
        found += page["results"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_every_usable_article_stands_on_exactly_one_page_newest_first(acme, api, connection):
    with bind_company(acme.binding()):
        for number in range(20, 30):
            add(connection, number)
        add(connection, 31, published=False)
        add(connection, 32, deleted=True)
        usable = {str(pk) for pk in Article.objects.usable().values_list("pk", flat=True)}
    rows = walked(api)
    assert len(rows) == len({row["id"] for row in rows}) == 13
    assert {row["id"] for row in rows} == usable
    keys = [(row["updated_at"], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)
    assert {row["visibility"] for row in rows} == {"public", "private"}


def test_articles_by_language_and_by_time_of_change(acme, api, connection):
    with bind_company(acme.binding()):
        add(connection, 20, language="de")
        add(connection, 40, updated_at=NOW + timedelta(days=1))
    assert [row["number"] for row in walked(api, "&language=de")] == ["20"]
    since = (NOW + timedelta(days=1)).isoformat()
    assert [row["number"] for row in walked(api, f"&updated_since={since.replace('+', '%2B')}")] == ["40"]
    assert [row["number"] for row in walked(api, f"&updated_since={since}")] == ["40"]  # a plus sign nobody encoded
    assert walked(api, f"&updated_since={since.replace('+00:00', 'Z')}&language=de") == []


def test_an_article_comes_with_its_text_and_its_other_languages(acme, api, connection):
    with bind_company(acme.binding()):
        english, german = add(connection, 20), add(connection, 20, language="de", title="Artikel")
        add(connection, 20, language="fr", published=False)
    found = api.get(f"/api/v1/articles/{english.pk}/").json()
    assert found["text"] == "Words 20"
    assert found["tags"] == ["one"]
    assert found["translations"] == [{"id": str(german.pk), "language": "de"}]


@pytest.mark.parametrize("state", [{"published": False}, {"deleted": True}])
def test_an_article_that_is_not_usable_is_not_there(acme, api, connection, state):
    with bind_company(acme.binding()):
        article = add(connection, 20, **state)
    assert api.get(f"/api/v1/articles/{article.pk}/").status_code == 404


def test_every_answer_is_what_its_description_says(acme, api, connection):
    with bind_company(acme.binding()):
        article, now = Article.objects.first(), timezone.now()
        Stream.objects.create(connection=connection, kind="tickets", next_at=now, items=7, completed_at=now, first_completed_at=now)
        DeadLetter.objects.create(kind="thread", key=str(uuid4()), code="bug", at=now)
    for path, shape in (
        ("/api/v1/articles/", answers.ArticlePage), (f"/api/v1/articles/{article.pk}/", answers.WholeArticle),
        ("/api/v1/sync/", answers.SyncState), (f"/api/v1/tickets/{uuid4()}/", answers.Problem),
    ):  # fmt: skip
        shape.model_validate_json(api.get(path).content)


def test_a_ticket_by_sql_says_what_its_rows_say(acme, api, connection):
    with bind_company(acme.binding()):
        ticket = Ticket.objects.select_related("customer").get(remote_id="101")
        Message.objects.filter(ticket=ticket, number=1).update(text='Zeile "1"\n\t\\ 漢字 😀 \u2028 </script> \x01')
        messages = list(ticket.messages.order_by("number"))
        assert len(messages) > 1
    found = answers.TicketThread.model_validate_json(api.get(f"/api/v1/tickets/{ticket.pk}/").content)
    assert (found.id, found.number, found.subject, found.customer) == (ticket.pk, "101", ticket.subject, "Priya Raman")
    assert (found.created_at, found.updated_at, found.category) == (ticket.created_at, ticket.updated_at, "closed")
    assert [(one.id, one.text, one.visibility, one.created_at) for one in found.messages] == [
        (one.pk, one.text, one.visibility, one.created_at) for one in messages
    ]
    with bind_company(acme.binding()):
        Message.objects.filter(ticket=ticket).delete()
    assert api.get(f"/api/v1/tickets/{ticket.pk}/").json()["messages"] == []
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=ticket.pk).update(state="trashed")
    assert api.get(f"/api/v1/tickets/{ticket.pk}/").status_code == 404


def test_the_state_of_the_sync_by_connection_and_feed(acme, api, connection):
    done = timezone.now() - timedelta(seconds=90)
    with bind_company(acme.binding()):
        Stream.objects.create(connection=connection, kind="articles", next_at=done, items=3, completed_at=done, first_completed_at=done)
        Stream.objects.create(connection=connection, kind="tickets", next_at=done, items=4, failures=2, last_error="external_unavailable")
        Outbox.objects.create(kind="thread", object_id=uuid4(), due_at=done, attempts=1, last_error="external_unavailable")
        Stream.objects.create(connection=connection, kind="ids", next_at=done, held=30, lease_until=timezone.now() + timedelta(seconds=9))
        gate = AccountGate(connection.pk)
        asyncio.run(gate.leave(asyncio.run(gate.enter(1)), total=400, left=371, rest=20))
        DeadLetter.objects.create(kind="brief", key=str(uuid4()), code="bug", at=done)
    found = api.get("/api/v1/sync/").json()
    (account,) = found["connections"]
    assert (account["account"], account["state"]) == ("acme.example", "active")
    articles, ids, tickets = account["feeds"]
    assert 90 <= articles["lag_seconds"] < 120
    assert (tickets["lag_seconds"], tickets["failures"], tickets["last_error"]) == (None, 2, "external_unavailable")
    assert [one["reading"] for one in account["feeds"]] == [False, True, False]
    assert (account["calls_left"], account["calls_per_minute"], account["slow"]) == (371, 400, False)
    assert 0 <= account["told_seconds"] < 30 and 0 < account["rests_seconds"] <= 22
    assert (found["owed"], found["failing"], found["done"], found["held"], ids["held"]) == ({"thread": 1}, 1, False, 30, 30)
    assert found["failures"] == [{"kind": "thread", "code": "external_unavailable", "count": 1}] and found["owed_seconds"] >= 90
    assert found["dead"] == [{"kind": "brief", "code": "bug", "count": 1}]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("query", "code"),
    [("language=d%00e", "language_invalid"), ("language=../x", "language_invalid"), ("updated_since=yesterday", "updated_since_invalid"),
     ("updated_since=2026-11-20T09:00:00", "updated_since_invalid"), ("updated_since=2026-13-45T00:00:00Z", "updated_since_invalid"),
     ("limit=0", "limit_invalid"), ("cursor=xx", "cursor_invalid")],
)  # fmt: skip
def test_bad_questions_get_a_clear_no(api, connection, query, code):
    answer = api.get(f"/api/v1/articles/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_cursor_of_another_company_is_none_of_ours(acme, globex, api, token_of, connection):
    following = api.get("/api/v1/articles/?limit=1").json()["next"]
    other = Client(headers={"host": "globex.localhost", "authorization": f"Bearer {token_of(globex)}"})
    assert other.get(f"/api/v1/articles/?cursor={following}").status_code == 400
    assert other.get("/api/v1/articles/").json() == {"results": [], "next": None}


def test_another_companys_article_is_as_unknown_as_none(acme, globex, token_of, connection):
    with bind_company(acme.binding()):
        article = Article.objects.usable().first()
    other = Client(headers={"host": "globex.localhost", "authorization": f"Bearer {token_of(globex)}", "x-request-id": str(uuid4())})
    foreign, none = (other.get(f"/api/v1/articles/{pk}/") for pk in (article.pk, uuid4()))
    assert foreign.status_code == none.status_code == 404
    assert foreign.content == none.content


def test_who_may_not_read_notes_gets_what_customers_see(acme, connection):
    from apps.assistant.sql import get_article, list_articles

    with bind_company(acme.binding()):
        private = Article.objects.get(visibility="private")
        rows = list_articles(private=False, reach=ALL_TICKETS, language="", since=None, limit=50, after=None)
        assert {row["visibility"] for row in rows} == {"public"}
        assert get_article(private.pk, private=False, reach=ALL_TICKETS) is None
        assert get_article(private.pk, private=True, reach=ALL_TICKETS)["number"] == "12"
