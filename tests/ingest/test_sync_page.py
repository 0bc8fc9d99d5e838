"""The sync page: true figures of each connection, what does not work with what can be done, and buttons for admins alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.ingest import counting, sync_telling, sync_views
from apps.ingest.deadletters import bury
from apps.ingest.models import DeadLetter, Hook, Outbox, Stream
from apps.ingest.outbox import owe
from apps.ingest.progress import progress
from apps.ingest.streams import SLOWLY, ensure_streams
from apps.platforms.models import Connection, Ticket
from apps.tenancy import cacheserver
from apps.tenancy.context import bind_company
from tests import engines
from tests.accounts.authenticators import set_up
from tests.accounts.test_own_factor import later, signed_in
from tests.mirror import charging_case, make_connection

HTMX = {"hx-request": "true"}
CHECK = {
    "scope": "group", "languages": ["en", "de"], "statuses": 7, "own_statuses": 2, "warnings": ["scope_limited"], "tickets": 5,
    "abilities": [
        {"name": "agents", "state": "no", "reason": "access_denied", "value": None},
        {"name": "articles", "state": "yes", "reason": "tried", "value": None},
        {"name": "per_ticket_thread_cost", "state": "yes", "reason": "documented", "value": 1},
    ],
}  # fmt: skip


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def mirrored(acme, monkeypatch) -> Connection:
    """Two tickets and three articles, all read; the helpdesk says that it has five."""
    monkeypatch.setattr(sync_views, "send_due", lambda: None)
    with bind_company(acme.binding()):
        counting.COUNTS.clear()
        sync_views.ENGINE.clear()
        charging_case()
        connection = make_connection()
        ensure_streams(connection)
        now = timezone.now()
        Stream.objects.update(completed_at=now, first_completed_at=now, next_at=now + timedelta(minutes=1))
        Connection.objects.update(check_report=CHECK, checked_at=now)
        Outbox.objects.all().delete()
        found = Connection.objects.get()
    yield found
    with bind_company(acme.binding()):
        counting.COUNTS.clear()
        sync_views.ENGINE.clear()


def rows(answer: Any, column: str) -> dict[str, list[str]]:
    """{first cell: the others} of the table that has this column."""
    table = next(one for one in answer.content.decode().split("<table")[1:] if f">{column}<" in one).split("</table>")[0]
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.S):
        cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        found[cells[0]] = cells[1:]
    return found


def test_source_mirror_and_index_are_counted_apart(acme, mirrored, client_of):
    page = client_of(acme, "lead").get("/sync/")
    assert rows(page, "Mirrored")["Tickets"] == ["5", "2", "2", "Complete"]
    assert rows(page, "Mirrored")["Messages"] == ["not known", "4", "–", "Complete"]
    assert rows(page, "Mirrored")["Articles, English"] == ["3", "3", "3", "Complete"]
    assert "40% of the tickets can be found" in text(page)
    with bind_company(acme.binding()):
        owe(Outbox.Kind.THREAD, [Ticket.objects.get(remote_id="102").pk])
        owe(Outbox.Kind.INDEX_TICKET, [Ticket.objects.get(remote_id="102").pk])  # one ticket, however much it lacks
        bury(Outbox.Kind.INDEX_TICKET, str(Ticket.objects.get(remote_id="101").pk), code="worker_lost", count=3)
        counting.COUNTS.clear()
        Connection.objects.update(check_report=CHECK | {"tickets": None})
    page = client_of(acme, "lead").get("/sync/")
    assert rows(page, "Mirrored")["Tickets"] == ["2", "2", "0", "To index: 2"], "what the walk over all numbers met, and nothing is indexed"
    with bind_company(acme.binding()):
        counting.COUNTS.clear()
        Stream.objects.filter(kind="ids").update(completed_at=None)
        assert Connection.objects.get().check_report["tickets"] is None
    page = client_of(acme, "lead").get("/sync/")
    assert rows(page, "Mirrored")["Tickets"][0] == "not known"
    assert "How many tickets the helpdesk has is not known yet." in text(page)


def test_what_is_read_once_and_for_all_has_no_next_look(acme, mirrored, client_of):
    with bind_company(acme.binding()):
        Stream.objects.filter(kind="history").update(next_at=timezone.now() + SLOWLY[Stream.Kind.HISTORY])
    looks = rows(client_of(acme, "lead").get("/sync/"), "Next look")
    assert (looks["Older tickets"][2], looks["Tickets"][2] == "–") == ("–", False)


def test_a_page_that_has_nothing_to_wait_for_stops_asking_and_another_asks_at_its_pace(acme, mirrored, client_of):
    lead = client_of(acme, "lead")
    assert "hx-trigger" not in lead.get("/sync/").content.decode()
    part = lead.get("/sync/", headers=HTMX).content.decode()
    assert part.lstrip().startswith('<div class="stack" id="sync-live">')
    with bind_company(acme.binding()):
        owe(Outbox.Kind.THREAD, [Ticket.objects.first().pk])
    assert 'hx-trigger="every 4s"' in lead.get("/sync/", headers=HTMX).content.decode()
    with bind_company(acme.binding()):
        Outbox.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    late = lead.get("/sync/", headers=HTMX)
    assert 'hx-trigger="every 30s"' in late.content.decode()
    assert "1 waiting, oldest 5 min" in text(late)
    with bind_company(acme.binding()):
        Outbox.objects.all().delete()
        Connection.objects.update(state="paused")
        Stream.objects.filter(kind="history").update(first_completed_at=None)
    assert 'hx-trigger="every 30s"' in lead.get("/sync/", headers=HTMX).content.decode()


def test_an_admin_pauses_goes_on_and_looks_now(acme, mirrored, client_of):
    admin, where = client_of(acme, "admin"), f"/sync/{mirrored.pk}/"
    assert 'value="pause"' in admin.get("/sync/").content.decode()
    assert "Paused: acme.example" in text(admin.post(where, {"action": "pause"}, follow=True))
    with bind_company(acme.binding()):
        assert Connection.objects.get().state == "paused"
    page = admin.get("/sync/").content.decode()
    assert 'value="resume"' in page
    assert 'value="pause"' not in page
    assert "Goes on: acme.example" in text(admin.post(where, {"action": "resume"}, follow=True))
    assert "looked at again" in text(admin.post(where, {"action": "look"}, follow=True))
    with bind_company(acme.binding()):
        assert Connection.objects.get().state == "active"
        kinds = set(Stream.objects.filter(next_at__lte=timezone.now()).values_list("kind", flat=True))
        assert {"tickets", "articles", "ids", "recent", "reference"} <= kinds
        Connection.objects.update(state="rejected", last_error="account_suspended")
    page = admin.get("/sync/")
    assert "The helpdesk account is suspended" in text(page)
    assert 'name="action"' not in page.content.decode()
    assert admin.post(where, {"action": "resume"}, follow=True).status_code == 200
    with bind_company(acme.binding()):
        assert Connection.objects.get().state == "rejected", "a refused key needs a new one"
    assert admin.post(where, {"action": "x"}).status_code == 400
    assert admin.post(f"/sync/{uuid4()}/", {"action": "pause"}).status_code == 404


def test_held_removals_wait_for_an_admin_who_is_told_how_many_and_what_it_means(acme, mirrored, client_of):
    with bind_company(acme.binding()):
        Stream.objects.filter(kind="ids").update(held=31)
    lead = client_of(acme, "lead").get("/sync/")
    assert "31 removals wait for your word" in text(lead)
    assert 'value="confirm"' not in lead.content.decode()
    admin = client_of(acme, "admin")
    page = admin.get("/sync/")
    assert "This cannot be undone." in text(page)
    assert 'value="confirm"' in page.content.decode()
    assert "31 removals were confirmed." in text(admin.post(f"/sync/{mirrored.pk}/", {"action": "confirm"}, follow=True))
    with bind_company(acme.binding()):
        assert Stream.objects.get(kind="ids").held == 0
        assert Stream.objects.get(kind="ids").confirmed_until > timezone.now()
    assert "wait for your word" not in text(admin.get("/sync/"))


def test_whoever_has_a_second_factor_shows_who_they_are_before_removals_and_before_secrets(acme, mirrored, make_user):
    ada = make_user(acme, "admin", email="ada@acme.example")
    browser = signed_in(ada.email, set_up(acme, ada).code())
    later(browser, acme)
    with bind_company(acme.binding()):
        Stream.objects.filter(kind="ids").update(held=31)
    for path, action in (("sync", "confirm"), ("webhooks", "make")):
        answer = browser.post(f"/{path}/{mirrored.pk}/", {"action": action})
        assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (302, "/account/confirm/"), path
    with bind_company(acme.binding()):
        assert Stream.objects.get(kind="ids").held == 31
        assert not Hook.objects.exists()


def test_what_was_set_aside_is_told_by_kind_and_tried_again(acme, mirrored, client_of):
    with bind_company(acme.binding()):
        one, other = Ticket.objects.all()
        bury(Outbox.Kind.BRIEF, str(one.pk), code="worker_lost", count=3)
        bury(Outbox.Kind.THREAD, str(other.pk), code="malformed_answer", count=3)
        owe(Outbox.Kind.INDEX_TICKET, [one.pk])
        Outbox.objects.update(attempts=2, last_error="index_unavailable")
    admin = client_of(acme, "admin")
    page = rows(admin.get("/sync/"), "What becomes of it")
    assert page["Make the brief"][:2] == ["Its worker stopped while it was done", "1"]
    assert page["Read the thread"][:2] == ["The helpdesk’s answer cannot be read", "1"]
    assert page["Index the ticket"][:3] == ["The search engine does not answer", "1", "Tried again by itself"]
    assert "1 is tried again" in text(admin.post("/sync/retry/", {"kind": "brief"}, follow=True))
    with bind_company(acme.binding()):
        assert list(DeadLetter.objects.values_list("kind", flat=True)) == ["thread"]
        assert Outbox.objects.filter(kind="brief", object_id=one.pk).exists()
    admin.post("/sync/retry/", {})
    with bind_company(acme.binding()):
        assert not DeadLetter.objects.exists()
    assert admin.post("/sync/retry/", {"kind": "nothing of ours"}).status_code == 400


def test_a_lead_reads_and_changes_nothing_an_agent_does_not_even_read(acme, globex, mirrored, client_of):
    lead, where = client_of(acme, "lead"), f"/sync/{mirrored.pk}/"
    assert 'name="action"' not in lead.get("/sync/").content.decode()
    for action in ("pause", "resume", "look", "confirm"):
        assert lead.post(where, {"action": action}).status_code == 403
        assert client_of(globex, "admin").post(where, {"action": action}).status_code == 404
    assert lead.post("/sync/retry/", {}).status_code == 403
    assert client_of(acme).get("/sync/").status_code == 403
    with bind_company(acme.binding()):
        assert Connection.objects.get().state == "active"
    assert 'href="/sync/"' in lead.get("/").content.decode()
    assert 'href="/sync/"' not in client_of(acme).get("/").content.decode()


def test_what_the_account_lets_us_do_is_told_with_what_to_do(acme, mirrored, client_of):
    page = client_of(acme, "lead").get("/sync/")
    found = rows(page, "What to do")
    assert found["List of agents"] == ["No", "this key may not read it", "Connect again with the key of an agent who may read it."]
    assert found["Articles"] == ["Yes", "tried with a call", "–"]
    assert found["Calls to read one thread"][0] == "1"
    assert "Connect again with the key of an agent who sees all tickets." in text(page)
    assert "tickets of its groups and its own" in text(page)


def test_the_chart_shows_weeks_and_what_has_its_thread(acme, mirrored):
    with bind_company(acme.binding()):
        other = Ticket.objects.get(remote_id="101")
        Ticket.objects.filter(pk=other.pk).update(created_at=other.created_at - timedelta(days=14), thread_version="")
        counting.COUNTS.clear()
        one = progress()["connections"][0]
    assert (one["by"], [(bar["count"], bar["read"]) for bar in one["bars"]]) == ("week", [(1, 0), (1, 1)])
    chart = sync_telling._chart(one["bars"], one["by"])
    assert [bar.read_height for bar in chart["bars"]] == ["0.0", "72.0"]
    assert chart["label"] == "2 tickets created from 2 Nov to 16 Nov, 1 with their thread"
    with bind_company(acme.binding()):
        Ticket.objects.bulk_create(
            Ticket(connection=mirrored, remote_id=f"old-{week}", status_category="closed", created_at=other.created_at - timedelta(weeks=week),
                   updated_at=other.created_at, raw_hash="x")
            for week in range(3, 40)
        )  # fmt: skip
        counting.COUNTS.clear()
        assert progress()["connections"][0]["by"] == "month"


def test_stages_are_shown_where_they_are_measured():
    told = sync_telling.stages({"stages": [{"stage": "reading", "count": 4, "last_s": 0.4, "mean_s": 0.5, "p95_s": 2.0}]})
    assert [(row["name"], row["length"], row["long"], row["mean"], row["p95"]) for row in told] == [
        ("Reading the helpdesk", "25.0%", "100.0%", "500 ms", "2 s")
    ]
    assert sync_telling.stages({}) == []


def test_a_helpdesk_that_does_not_answer_is_told_and_its_feeds_say_why(acme, mirrored, client_of):
    with bind_company(acme.binding()):
        Stream.objects.filter(kind="tickets").update(failures=4, last_error="external_unavailable")
    page = client_of(acme, "lead").get("/sync/")
    assert rows(page, "Next look")["Tickets"][0] == "The helpdesk does not answer"
    assert "Sync delayed" in text(page)
    assert 'hx-trigger="every 30s"' in page.content.decode()


def test_with_cache_and_engine_away_the_page_says_so(acme, mirrored, client_of):
    lead = client_of(acme, "lead")
    assert text(lead.get("/sync/")).count("Not reachable") == 0
    with bind_company(acme.binding()):
        sync_views.ENGINE.clear()
    engines.vectors.stop()
    try:
        page = lead.get("/sync/")
        assert (page.status_code, "Search goes by words until it is back." in text(page)) == (200, True)
        engines.valkey.stop()
        try:
            page = lead.get("/sync/")
            assert (page.status_code, text(page).count("Not reachable")) == (200, 2)
            assert "Calls left: not known yet" in text(page)
        finally:
            engines.valkey.start()
            cacheserver.server.cache_clear()
    finally:
        engines.vectors.start()


def test_its_texts_are_in_every_language(acme, mirrored, client_of):
    admin, seen = client_of(acme, "admin"), set()
    with bind_company(acme.binding()):
        Stream.objects.filter(kind="ids").update(held=31)
    for language in ("en", "ko", "ja", "zh-hans", "de", "fr", "es"):
        with bind_company(acme.binding()):
            User.objects.filter(role="admin").update(language=language)
        page = admin.get("/sync/").content.decode()
        seen.add(re.search(r'<h2 id="held-[^"]+">\s*([^<]+)</h2>', page)[1].strip())
    assert len(seen) == 7
