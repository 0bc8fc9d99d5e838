"""AUT-5: what is kept of sessions: nothing that opens one, no question more, swept when it is over."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as StockStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.session_models import UserSession
from apps.accounts.session_store import SessionStore
from apps.accounts.sweeping import KEPT, sweep_sessions
from apps.tenancy.context import bind_company
from tests.accounts.browsers import CHROME, LIST, PASSWORD, audited, is_in, key_of, rows, signed_in
from tests.accounts.people import ROLES


@pytest.fixture
def mara(acme, make_user) -> User:
    return make_user(acme, "agent", email="mara@acme.example", password=PASSWORD)


def test_a_session_that_names_a_person_and_has_no_row_is_nobody_s(acme, mara, make_user):
    browser = signed_in()
    with bind_company(acme.binding()):
        data = dict(SessionStore(key_of(browser)).items())
        bare, crossed = SessionStore(), SessionStore()
        for one in (bare, crossed):
            one.update(data)
            one.create()
        crossed.begin(make_user(acme, "lead"), user_agent="", network="")  # the row is somebody else's
        crossed.save()
        assert [dict(SessionStore(one.session_key).items()) for one in (bare, crossed)] == [{}, {}]
        assert data[SESSION_KEY] == str(mara.pk)


def test_a_copy_of_the_database_opens_no_session(acme, mara):
    browser = signed_in()
    with bind_company(acme.binding()), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text || coalesce(s::text, ''), ' ') FROM accounts_usersession t, django_session s")
        kept = cursor.fetchone()[0]
        stored = Session.objects.get().session_key
    assert key_of(browser) not in kept
    assert stored in kept
    thief = Client(headers={"host": "acme.localhost"})
    for cookie in (stored, stored[:32]):
        thief.cookies["session"] = f"acme.{cookie}"
        assert not is_in(thief)
    assert is_in(browser)


def asked(browser: Client, path: str = LIST) -> list[str]:
    seen: list[str] = []

    def watch(execute, sql, params, many, context):
        seen.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert browser.get(path).status_code == 200
    return [sql for sql in seen if "SAVEPOINT" not in sql]


def test_a_request_asks_no_question_more_than_with_sessions_of_djangos_own(acme, mara, monkeypatch):
    """The session with its row, the person, what the page itself asks; once a minute that somebody was here."""
    browser, start = signed_in(), timezone.now()
    new = asked(browser, "/ask/")
    with bind_company(acme.binding()):
        data = StockStore().encode(dict(SessionStore(key_of(browser)).items()))
        tomorrow = start + timedelta(days=1)
        Session.objects.create(session_key=key_of(browser), session_data=data, expire_date=tomorrow)
    with monkeypatch.context() as patch:
        patch.setattr(SessionStore, "load", StockStore.load)
        assert len(new) == len(asked(browser, "/ask/")) == 3
    assert sum("accounts_usersession" in sql for sql in new) == 1
    with time_machine.travel(start + timedelta(minutes=2), tick=False):
        writes = [[sql for sql in asked(browser, "/ask/") if "UPDATE" in sql] for _ in range(3)]
    assert [len(one) for one in writes] == [1, 0, 0]
    assert "accounts_usersession" in writes[0][0]


def test_when_they_were_last_seen_is_written_once_a_minute(acme, client_of):
    start, seen = timezone.now(), []
    with time_machine.travel(start, tick=False):
        browser = client_of(acme, "agent")
    for seconds in (30, 59, 61, 90, 130):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            assert is_in(browser)
        seen.append(round((rows(acme)[0].last_seen_at - start).total_seconds()))
    assert seen == [0, 0, 61, 61, 130]


def test_no_word_of_the_browser_and_no_whole_address_is_kept(acme, mara):
    signed_in("Mozilla/5.0 (Mara's secret phone; Android 15) Chrome/140.0.1 kanari", network="203.0.113.77")
    signed_in("kanari", network="2001:db8:7:1:a:b:c:d")
    found = rows(acme)
    assert [(one.browser, one.system, one.network) for one in found] == [
        ("Chrome", "Android", "203.0.113.0/24"), ("", "", "2001:db8:7::/48"),
    ]  # fmt: skip
    with bind_company(acme.binding()), connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM accounts_usersession t")
        kept = cursor.fetchone()[0]
    assert not re.search("kanari|Mara|113.77|140|a:b", kept)


def test_the_database_holds_no_key_of_an_ended_session(acme, mara):
    signed_in()
    with bind_company(acme.binding()), pytest.raises(IntegrityError, match="ended_has_no_key"), transaction.atomic():
        UserSession.objects.update(ended_at=timezone.now())


def test_what_is_over_is_swept_and_what_lives_stays(acme, client_of):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        agent, admin = client_of(acme, "agent"), client_of(acme, "admin")
        with bind_company(acme.binding()):
            StockStore().save()  # of nobody
    with bind_company(acme.binding()):
        with time_machine.travel(start + timedelta(minutes=31), tick=False):
            assert sweep_sessions() == 1
            assert sweep_sessions() == 0
            assert (is_in(agent), is_in(admin)) == (True, False)
            assert Session.objects.count() == 2
            ended = UserSession.objects.get(role="admin")
            assert (ended.ended_at, ended.digest) == (start + timedelta(minutes=30), None)
        with time_machine.travel(start + timedelta(hours=25), tick=False):
            assert sweep_sessions() == 2
            assert (Session.objects.count(), UserSession.objects.count()) == (0, 2)
        with time_machine.travel(start + KEPT + timedelta(minutes=31), tick=False):
            sweep_sessions()
            assert [one.role for one in UserSession.objects.all()] == ["agent"]
    assert audited(acme) == []


def test_beat_has_every_company_swept_however_crowded_another_is(acme, globex, client_of, monkeypatch):
    from apps.accounts import sweeping, tasks
    from config import celery_settings

    assert celery_settings.beat_schedule["sweep-sessions"]["task"] == tasks.sweep.name
    for _ in range(3):
        client_of(acme, "admin")
    client_of(globex, "admin")
    monkeypatch.setattr(sweeping, "BATCH", 2)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        tasks.sweep()
    assert sorted(one.ended_at is None for one in rows(acme)) == [False, False, True]
    assert [one.ended_at is None for one in rows(globex)] == [False]


def test_the_command_ends_all_sessions_of_one_person(acme, mara, client_of, capsys):
    browsers, colleague = [signed_in(), signed_in(CHROME)], client_of(acme, "lead")
    call_command("end_sessions", "acme", " MARA@acme.example", json=True)
    assert json.loads(capsys.readouterr().out) == {"email": "mara@acme.example", "ended": 2}
    assert ([is_in(one) for one in browsers], is_in(colleague)) == ([False, False], True)
    assert audited(acme) == [("command", 2)]
    with pytest.raises(CommandError, match="user_unknown"):
        call_command("end_sessions", "acme", "nobody@acme.example")


def test_every_role_of_a_company_has_the_page(acme, client_of):
    for role in ROLES:
        page = client_of(acme, role).get("/account/sessions/").content.decode()
        assert 'href="/account/sessions/"' in page
        assert ('href="/account/tokens/"' in page) == (role in ("lead", "admin"))
