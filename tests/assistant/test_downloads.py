"""A click on a file: it comes from the helpdesk through us, whole, as something to keep; or a page says why it does not."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from apps.assistant.downloads import plain_name
from apps.core.models import AuditEvent
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe, work_off
from apps.platforms import fetching
from apps.platforms.models import Attachment, Connection, Message, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, read_threads, run_tickets
from tests.simulated import Simulator, running

NUMBER = 7
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
FILES: dict[str, tuple[str, bytes | int]] = {
    "contract.pdf": ("application/pdf", b"%PDF-1.7 and so on"),
    "page.html": ("text/html", b"<script>alert(document.domain)</script>"),
    "drawing.svg": ("image/svg+xml", SVG),
    "setup.exe": ("application/x-msdownload", b"MZ" + bytes(100)),
    "both.gif": ("image/gif", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"),
    "both.pdf": ("text/html", b"%PDF-1.4\n<html><script>alert(1)</script></html>"),
    "clip.mov": ("video/quicktime", 20 * 2**20 + 1),
}


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "8", "--plan", "unlimited") as simulator:
        for name, (kind, body) in FILES.items():
            given = {"size": body} if isinstance(body, int) else {"content": b64encode(body).decode()}
            simulator.update(op="attach", ticket=NUMBER, name=name, content_type=kind, **given)
        for trouble in ("short", "away"):
            simulator.update(op="attach", ticket=NUMBER, name=f"{trouble}.bin", size=100, trouble=trouble)
        simulator.update(op="note", ticket=NUMBER, text="for us alone")
        simulator.update(op="attach", ticket=NUMBER, name="internal.txt", entry=-1, size=50)
        yield simulator


@pytest.fixture
def files(acme: Any, account: Simulator, settings: Any) -> dict[str, Attachment]:
    allow(settings, account)
    with bind_company(acme.binding()):
        join(account)
        run_tickets()
        read_threads()
        owe(Outbox.Kind.LOOK, [Ticket.objects.get(remote_id=str(NUMBER)).pk])
        work_off(Outbox.Kind.LOOK)
        held = Attachment.objects.filter(message__ticket__remote_id=str(NUMBER)).select_related("message")
        return {one.name: one for one in held}


def opened(company: Any) -> list[tuple[str, dict[str, Any]]]:
    with bind_company(company.binding()):
        return [(row.subject, row.facts) for row in AuditEvent.objects.filter(event="file_opened").order_by("seq")]


@pytest.mark.parametrize("name", [name for name, (_, body) in FILES.items() if isinstance(body, bytes)])
def test_a_file_is_handed_over_to_be_kept_whatever_it_is(name, acme, client_of, files, account):
    answer = client_of(acme).get(f"/files/{files[name].pk}/")
    assert (answer.status_code, answer.content) == (200, FILES[name][1])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not answer.has_header("Location")
    assert account.storage not in str(answer.headers)
    assert opened(acme) == [(f"attachment:{files[name].pk}", {"outcome": "given"})]


@pytest.mark.parametrize(
    ("name", "status", "code", "words"),
    [
        ("clip.mov", 502, "file_too_large", "This file is too large"), ("short.bin", 502, "file_incomplete", "This file arrived damaged"),
        ("away.bin", 502, "address_refused", "This file could not be opened"),
    ],
)  # fmt: skip
def test_a_file_that_is_too_large_damaged_or_leads_inside_has_a_page_that_says_so(name, status, code, words, acme, client_of, files, account):
    answer = client_of(acme).get(f"/files/{files[name].pk}/")
    page = answer.content.decode()
    assert (answer.status_code, words in page, name in page) == (status, True, True)
    assert f'href="/tickets/{files[name].message.ticket_id}/?at=1#m1"' in page
    assert "169.254" not in page
    assert account.storage not in page
    assert opened(acme) == [(f"attachment:{files[name].pk}", {"outcome": code})]


def test_a_file_that_was_deleted_there_is_gone(acme, client_of, files):
    with bind_company(acme.binding()):
        gone = Attachment.objects.create(message=files["setup.exe"].message, remote_id="1", name="gone.txt")
    answer = client_of(acme).get(f"/files/{gone.pk}/")
    assert answer.status_code == 410
    assert "This file is gone" in answer.content.decode()
    assert 'href=""' not in answer.content.decode(), "trying again brings nothing"


def test_a_helpdesk_that_is_away_or_not_to_be_asked_has_its_page(acme, client_of, files, account):
    browser, path = client_of(acme), f"/files/{files['contract.pdf'].pk}/"
    account.tell("faults", faults=[{"kind": "503", "path": "/api/v2/tickets", "rate": 1}])
    try:
        away = browser.get(path)
    finally:
        account.tell("faults", faults=[])
    with bind_company(acme.binding()):
        Connection.objects.update(state=Connection.State.PAUSED)
    paused = browser.get(path)
    assert (away.status_code, away["Retry-After"], paused.status_code) == (503, "60", 502)
    assert "Your helpdesk does not answer" in away.content.decode()
    assert "This file could not be opened" in paused.content.decode()


def test_too_many_at_once_are_asked_to_come_back(acme, client_of, files, monkeypatch):
    monkeypatch.setattr(fetching, "FETCHING", type(fetching.FETCHING)("platforms.files", most=0, seconds=1))
    answer = client_of(acme).get(f"/files/{files['contract.pdf'].pk}/")
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")


def test_nobody_else_s_file_is_found(acme, globex, client_of, files):
    never = "/files/0198c0de-0000-7000-8000-000000000000/"
    outsider = client_of(globex)
    foreign, none = outsider.get(f"/files/{files['contract.pdf'].pk}/"), outsider.get(never)
    assert foreign.status_code == none.status_code == 404
    browser = client_of(acme)
    with bind_company(acme.binding()):
        Ticket.objects.filter(remote_id=str(NUMBER)).update(state="trashed")
    assert browser.get(f"/files/{files['contract.pdf'].pk}/").status_code == 404
    assert opened(acme) == opened(globex) == []


def test_a_file_of_a_note_is_as_private_as_the_note(acme, client_of, files, monkeypatch):
    path = f"/files/{files['internal.txt'].pk}/"
    with bind_company(acme.binding()):
        assert Message.objects.get(attachments__name="internal.txt").is_private
    browser = client_of(acme)
    assert browser.get(path).status_code == 200
    monkeypatch.setattr("apps.assistant.readable.may", lambda rule, role: rule != "notes.read")
    assert browser.get(path).status_code == 404
    assert browser.get(f"/files/{files['contract.pdf'].pk}/").status_code == 200


def test_the_ticket_names_its_files_as_links(acme, client_of, files):
    page = client_of(acme).get(f"/tickets/{files['contract.pdf'].message.ticket_id}/").content.decode()
    assert f'<a href="/files/{files["contract.pdf"].pk}/">contract.pdf</a>' in page


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a/b\\c..txt", "a_b_c..txt"), ("invoice\u202efdp.exe", "invoicefdp.exe"), ("x\r\nSet-Cookie: a=b.txt", "x__Set-Cookie_ a=b.txt"),
        ("  .hidden ", "hidden"), ("", "file"), ("请求书.xlsx", "请求书.xlsx"), ("a" * 300 + ".docx", "a" * 107 + ".docx"), ("b" * 300, "b" * 120),
        ("CON:stream|x?.txt", "CON_stream_x_.txt"),
    ],
)  # fmt: skip
def test_a_name_is_one_that_any_system_can_keep(name, kept):
    assert plain_name(name) == kept
