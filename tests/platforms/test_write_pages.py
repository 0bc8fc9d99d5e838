"""The pages and addresses that send: only by a click, only what was seen, only by whoever is an agent of that helpdesk."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import orjson
import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.accounts.verifying import note_verified
from apps.core.models import AuditEvent
from apps.ingest.deletions import erase_tickets
from apps.platforms import ordering, writing
from apps.platforms.models import Person, Ticket
from apps.platforms.outgoing import Outgoing, Unsent
from apps.tenancy.context import bind_company
from apps.tenancy.limits import declare_rate
from tests.mirror import charging_case, make_connection

TEXT = "Hello <Priya> & all,\n\n  hold the button:\nhttps://help.example.org/?a=1&b=2"


@pytest.fixture
def case(acme) -> Ticket:
    with bind_company(acme.binding()):
        charging_case()
        Person.objects.create(connection=make_connection(), remote_id="701", kind="agent", name="Mara", email="mara@acme.example", scope="all")
        return Ticket.objects.get(remote_id="102")


@pytest.fixture
def mara(acme, case, make_user) -> User:
    """An agent of the helpdesk, by a proven address."""
    person = make_user(acme, email="mara@acme.example")
    with bind_company(acme.binding()), transaction.atomic():
        note_verified(person, mode="link")
    return person


@pytest.fixture
def browser(acme, mara, client_of):
    return client_of(acme)


def post(browser, path: str, **form: str):
    return browser.post(path, form)


def page_of(browser, case) -> str:
    return browser.get(f"/tickets/{case.pk}/").content.decode()


def key_in(page: str) -> str:
    return re.search(r'name="key" value="([^"]+)"', page)[1]


def orders(acme) -> list[tuple[str, str, str]]:
    with bind_company(acme.binding()):
        return list(Outgoing.objects.order_by("pk").values_list("kind", "text", "state"))


def field(page: str, name: str) -> str:
    return unescape(re.search(rf'<textarea name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)[1])


def test_a_reply_is_confirmed_with_its_recipient_and_sent_as_it_was_seen(acme, browser, case):
    key = key_in(page_of(browser, case))
    confirm = post(browser, f"/tickets/{case.pk}/write/", act="reply", text=TEXT, key=key)
    page = confirm.content.decode()
    assert confirm.status_code == 200 and orders(acme) == []
    assert "Priya Raman &lt;priya@example.org&gt;" in page and "<Priya>" not in page
    seen = unescape(re.search(r'id="as-written"[^>]*>(.*?)</div>', page, re.DOTALL)[1])
    assert seen == TEXT == field(page, "text")
    for _ in range(2):  # a double click, a repeated POST
        answer = post(browser, f"/tickets/{case.pk}/send/", text=field(page, "text").replace("\n", "\r\n"), key=key_in(page))
        assert answer.status_code == 302 and answer["location"] == f"/tickets/{case.pk}/#outgoing"
    assert orders(acme) == [("reply", TEXT, "queued")]
    page = page_of(browser, case)
    assert "Sending …" in page and key_in(page) != key
    with bind_company(acme.binding()):
        assert not Unsent.objects.exists(), "what was sent is no longer begun"


def test_two_windows_send_once_and_other_words_from_the_second_are_kept_and_not_sent(acme, browser, case):
    first, second = (key_in(page_of(browser, case)) for _ in range(2))
    assert first == second
    for text in ("Ours", "Ours"):
        assert post(browser, f"/tickets/{case.pk}/send/", text=text, key=first).status_code == 302
    other = post(browser, f"/tickets/{case.pk}/send/", text="Other <words>", key=second)
    assert other.status_code == 409 and "Other &lt;words&gt;" in other.content.decode()
    assert orders(acme) == [("reply", "Ours", "queued")]


def test_a_note_needs_no_confirmation_and_nothing_is_sent_without_words(
    acme, browser, case, django_capture_on_commit_callbacks
):
    with bind_company(acme.binding()), django_capture_on_commit_callbacks(execute=True):
        assert post(browser, f"/tickets/{case.pk}/write/", act="note", text="For us", key="key-12345").status_code == 302
    for act in ("note", "reply"):
        assert post(browser, f"/tickets/{case.pk}/write/", act=act, text=" \n ", key="key-12346").status_code == 400
    assert post(browser, f"/tickets/{case.pk}/write/", act="everything", text="x", key="key-12347").status_code == 400
    assert orders(acme) == [("note", "For us", "queued")]
    with bind_company(acme.binding()):
        event = AuditEvent.objects.get(event="writing_ordered")
        assert event.facts == {"kind": "note"} and "For us" not in str(event.__dict__)


def test_who_is_no_agent_there_reads_and_is_told_why_they_cannot_write(acme, case, client_of):
    browser = client_of(acme, "lead")
    page = page_of(browser, case)
    assert re.search(r'id="send-reply" disabled aria-describedby="why-not"', page)
    assert "You are no agent of this helpdesk here" in page
    for path, form in (("write", {"act": "note"}), ("write", {"act": "reply"}), ("send", {}), ("change", {"priority": "4"})):
        answer = post(browser, f"/tickets/{case.pk}/{path}/", text="x", key="key-12345", **form)
        assert answer.status_code == 403 and "You are no agent of this helpdesk here" in answer.content.decode(), path
    assert orders(acme) == []


@pytest.mark.parametrize("path", ["write", "send", "change", "begun"])
def test_a_ticket_of_others_is_not_there(acme, globex, browser, case, path, client_of, make_user):
    with bind_company(acme.binding()):
        Person.objects.filter(remote_id="701").update(scope="restricted")
    form = {"act": "note", "text": "x", "key": "key-12345", "priority": "4"}
    assert post(browser, f"/tickets/{case.pk}/{path}/", **form).status_code == 404, "out of reach"
    assert post(client_of(globex), f"/tickets/{case.pk}/{path}/", **form).status_code == 404, "another company's"
    assert orders(acme) == []


def test_somebody_elses_order_cannot_be_put_back_nor_read(acme, browser, case, client_of):
    post(browser, f"/tickets/{case.pk}/write/", act="note", text="Mine", key="key-12345")
    with bind_company(acme.binding()):
        Outgoing.objects.update(state="failed", code="write_refused")
        made = Outgoing.objects.get()
    assert "Try again" in page_of(browser, case)
    lead = client_of(acme, "lead")
    assert lead.post(f"/outgoing/{made.pk}/again/").status_code == 404
    assert orders(acme) == [("note", "Mine", "failed")]
    assert browser.post(f"/outgoing/{made.pk}/again/").status_code == 302
    assert orders(acme) == [("note", "Mine", "queued")]


def test_only_what_differs_is_changed(acme, browser, case):
    with bind_company(acme.binding()):
        connection = make_connection()
        connection.statuses = [{"value": 2, "label": "Open"}, {"value": 3, "label": "Pending"}]
        connection.save()
    form = {"key": "key-12345", "status": "3", "priority": str(case.priority), "group": "", "agent": "701", "tags": "a, b,a"}
    assert post(browser, f"/tickets/{case.pk}/change/", **form).status_code == 302
    with bind_company(acme.binding()):
        assert Outgoing.objects.get().change == {"status": "3", "agent_id": "701", "tags": ["a", "b"]}
    for wrong in ({"status": "9"}, {"priority": "7"}, {"group": "1"}, {"agent": "1"}, {}):
        answer = post(browser, f"/tickets/{case.pk}/change/", key="key-12346", **wrong)
        assert answer.status_code == 400, wrong


def test_nobody_is_a_choice_and_whoever_has_the_ticket_is_always_in_the_list(acme, browser, case, monkeypatch):
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=case.pk).update(agent=Person.objects.get(remote_id="701"))
    monkeypatch.setattr(writing, "AGENTS_SHOWN", 0)  # a helpdesk of more agents than a list has room for
    assert '<option value="701" selected>' in page_of(browser, case)
    for form, told in (({"priority": "3"}, {"priority": 3}), ({"agent": "", "group": ""}, {"agent_id": ""})):
        assert post(browser, f"/tickets/{case.pk}/change/", key=f"key-{len(form)}-12345", **form).status_code == 302
        with bind_company(acme.binding()):
            assert Outgoing.objects.last().change == told


def test_what_is_begun_is_kept_discarded_and_brought_back(acme, browser, case, client_of):
    assert post(browser, f"/tickets/{case.pk}/begun/", text="Half a sen", from_draft="1").status_code == 200
    page = page_of(browser, case)
    assert "Half a sen</textarea>" in page and 'id="from-draft" value="1"' in page
    assert "Half a sen" not in page_of(client_of(acme, "lead"), case), "everybody's own"
    post(browser, f"/tickets/{case.pk}/write/", act="discard", text="Half a sentence")
    page = page_of(browser, case)
    assert "Half a sen" not in page and 'id="restore"' in page
    post(browser, f"/tickets/{case.pk}/write/", act="restore", text="")
    assert "Half a sentence</textarea>" in page_of(browser, case)
    with bind_company(acme.binding()):
        erase_tickets([case.pk])
        assert not Unsent.objects.exists()


def test_colleagues_on_one_ticket_hear_of_each_other(acme, browser, case, client_of, monkeypatch):
    lead = client_of(acme, "lead")
    assert "has this ticket open" not in post(lead, f"/tickets/{case.pk}/begun/").content.decode()
    heard = post(browser, f"/tickets/{case.pk}/begun/", text="I am on it").content.decode()
    assert "Lead has this ticket open" in heard and "Agent" not in heard
    assert "Agent is writing on this ticket" in page_of(lead, case)
    from apps.tenancy import cache
    from apps.tenancy.cacheserver import Away

    def away():
        raise Away("refused")

    monkeypatch.setattr(cache, "server", away)
    alone = post(browser, f"/tickets/{case.pk}/begun/", text="I am on it still")
    assert alone.status_code == 200 and "open" not in alone.content.decode()
    with bind_company(acme.binding()):
        assert Unsent.objects.get().text == "I am on it still"


def test_too_many_in_a_short_time_are_refused_and_the_text_is_kept(acme, browser, case, monkeypatch):
    monkeypatch.setattr(ordering, "SENDS", declare_rate("platforms.sends_of_page", burst=1, seconds=600))
    assert post(browser, f"/tickets/{case.pk}/write/", act="note", text="one", key="key-12345").status_code == 302
    answer = post(browser, f"/tickets/{case.pk}/write/", act="note", text="two", key="key-12346")
    assert answer.status_code == 429 and ">\ntwo</textarea>" in answer.content.decode()


def api(browser, token: str, case, what: str, key: str = "", text: str = "Over the line"):
    headers = {"authorization": f"Bearer {token}"} | ({"idempotency-key": key} if key else {})
    return browser.post(f"/api/v1/tickets/{case.pk}/{what}/", orjson.dumps({"text": text}), "application/json", headers=headers)


def test_the_api_sends_for_the_agent_of_its_token_once_a_key(acme, mara, browser, case, token_of, client):
    token, client.defaults["HTTP_HOST"] = token_of(acme, scopes=["write"]), "acme.localhost"
    key = str(uuid4())
    assert api(client, token, case, "replies").json()["code"] == "key_missing"
    first, again = (api(client, token, case, "replies", key) for _ in range(2))
    assert first.status_code == again.status_code == 202 and first.json() == again.json()
    assert api(client, token, case, "replies", key, "Other words").status_code == 409
    assert api(client, token, case, "notes", f"{key}-note").json()["kind"] == "note"
    told = client.get(f"/api/v1/tickets/{case.pk}/outgoing/{first.json()['id']}/", headers={"authorization": f"Bearer {token}"})
    assert told.json()["state"] == "queued"
    assert [kind for kind, *_ in orders(acme)] == ["reply", "note"]


def test_a_token_that_only_reads_and_one_of_nobody_there_write_nothing(acme, mara, case, token_of, client):
    client.defaults["HTTP_HOST"] = "acme.localhost"
    reads, stranger = token_of(acme, scopes=["read", "ask"]), token_of(acme, "lead", scopes=["write"])
    assert api(client, reads, case, "replies", "key-12345").status_code == 403
    refused = api(client, stranger, case, "replies", "key-12345")
    assert (refused.status_code, refused.json()["code"]) == (403, "agent_unmapped")
    assert orders(acme) == []
