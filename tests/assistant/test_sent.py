"""The page of one message as sent: whose it is, its own policy, images on a click, and how the ticket's page offers it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from apps.assistant.sent import SANDBOX
from apps.platforms.models import Attachment, Message, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import charging_case

TOKEN = "https://eucattachment.freshdesk.com/inline/attachment?token=eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.x"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
HTML = f"""<p>Since the update:</p><ol><li>left is dead</li><li>right is fine</li></ol><script>alert(1)</script>
<p onclick="x()"><a href="https://evil.example/go">https://bank.example</a> <a href="javascript:x()">run</a></p>
<img src="https://photos.example/1.png" alt="Photo of the case" onerror="x()"><img src="http://photos.example/2.png">
<img src="{TOKEN}" alt="Inline shot"><img src="https://t.example/open.gif" width="1" height="1">"""


@pytest.fixture
def message(acme):
    with bind_company(acme.binding()):
        charging_case()
        found = Message.objects.get(ticket__remote_id="102")
        Message.objects.filter(pk=found.pk).update(html=HTML)
        return found


@pytest.fixture
def browser(acme, client_of):
    return client_of(acme)


def test_the_page_holds_the_structure_and_nothing_that_runs_or_loads(browser, message):
    answer = browser.get(f"/messages/{message.pk}/sent/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<ol><li>left is dead</li>" in page
    assert '<span class="host">(evil.example)</span>' in page
    assert 'rel="noopener noreferrer nofollow"' in page
    assert "Image not shown: Photo of the case (photos.example)" in page
    assert "Image not shown: Inline shot" in page
    for bad in ("<script", "onclick", "onerror", "javascript:", "<img", "token=", "open.gif"):
        assert bad not in page
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["/static/tokens.css", "/static/sent.css", "https://evil.example/go"]


def test_its_policy_lets_nothing_in_and_after_a_click_what_is_in_the_page(browser, message, monkeypatch):
    monkeypatch.setattr("apps.assistant.sent.images_of", lambda message: {TOKEN: PIXEL})
    policies = {}
    for query in ("", "?images=1", "?images=yes"):
        answer = browser.get(f"/messages/{message.pk}/sent/{query}")
        policies[query] = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
    plain = policies[""]
    assert plain == {
        "default-src": "'none'", "sandbox": SANDBOX, "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'self'",
        "style-src": "http://acme.localhost/static/tokens.css http://acme.localhost/static/sent.css",
    }  # fmt: skip
    assert policies["?images=yes"] == plain
    assert policies["?images=1"] == plain | {"img-src": "data:"}
    assert not {"allow-scripts", "allow-same-origin", "allow-top-navigation", "allow-forms"} & set(SANDBOX.split())


def test_strangers_images_stay_words_and_a_file_s_address_is_never_there(browser, message, monkeypatch):
    monkeypatch.setattr("apps.assistant.sent.images_of", lambda message: {TOKEN: PIXEL})
    page = browser.get(f"/messages/{message.pk}/sent/?images=1").content.decode()
    assert re.findall(r'<img [^>]*src="([^"]+)"', page) == [PIXEL]
    assert "token=" not in page
    assert "Image not shown: Photo of the case (photos.example)" in page


def test_the_ticket_offers_it_in_a_sandbox_that_is_loaded_late(browser, message):
    page = browser.get(f"/tickets/{message.ticket_id}/").content.decode()
    frame = re.search(r"<iframe[^>]*>", page)[0]
    assert f'sandbox="{SANDBOX}"' in frame
    assert 'loading="lazy"' in frame
    assert f'src="/messages/{message.pk}/sent/"' in frame
    assert 'title="Message 1 as sent: Priya Raman"' in frame
    assert "Images not loaded: 1." in page
    assert f'href="/messages/{message.pk}/sent/?images=1" target="sent-{message.pk}"' in page


def test_a_message_without_structure_offers_nothing(acme, browser, message):
    with bind_company(acme.binding()):
        Message.objects.filter(pk=message.pk).update(html="<p>Just <b>words</b></p>")
    page = browser.get(f"/tickets/{message.ticket_id}/").content.decode()
    assert "<iframe" not in page
    assert "Show as sent" not in page


def test_words_that_open_a_file_are_not_in_the_plain_text_either(acme, browser, message):
    with bind_company(acme.binding()):
        Message.objects.filter(pk=message.pk).update(text=f"See {TOKEN} please", html="")
    page = browser.get(f"/tickets/{message.ticket_id}/").content.decode()
    assert "See … please" in page
    assert "token=" not in page


def test_another_company_and_nobody_find_nothing(globex, client_of, message):
    outsider = client_of(globex)
    foreign, none = outsider.get(f"/messages/{message.pk}/sent/"), outsider.get(f"/messages/{uuid4()}/sent/")
    assert foreign.status_code == none.status_code == 404
    assert b"left is dead" not in foreign.content
    nobody = Client(headers={"host": "acme.localhost"}).get(f"/messages/{message.pk}/sent/")
    assert nobody.status_code == 302


def test_a_message_of_a_ticket_that_is_gone_is_gone(acme, browser, message):
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=message.ticket_id).update(state="trashed")
    assert browser.get(f"/messages/{message.pk}/sent/").status_code == 404


def test_a_private_note_is_sand_there_too(acme, browser, message):
    with bind_company(acme.binding()):
        note = Message.objects.get(visibility="private")
    assert '<body class="private">' in browser.get(f"/messages/{note.pk}/sent/").content.decode()


def test_it_speaks_the_persons_language(acme, client_of, message):
    from apps.accounts.models import User

    browser = client_of(acme)
    with bind_company(acme.binding()):
        User.objects.filter(role="agent").update(language="de", theme="dark")
    page = browser.get(f"/messages/{message.pk}/sent/").content.decode()
    assert '<html lang="de" data-theme="dark">' in page
    assert '<main lang="en">' in page
    assert "Image not shown" not in page


def test_attachments_are_named_with_kind_and_size_and_never_an_address(acme, browser, message):
    with bind_company(acme.binding()):
        for number, (name, kind, size) in enumerate((
            ("photo.png", "image/png", 1_258_291), ("invoice\u202efdp.exe", "application/pdf", 2048), ("notes", "", 0),
            ("<b>x</b>.csv", "text/csv", 10),
        )):  # fmt: skip
            Attachment.objects.create(message=message, remote_id=str(number), name=name, content_type=kind, size=size)
    page = browser.get(f"/tickets/{message.ticket_id}/").content.decode()
    files = page[page.index('<ul class="files') :]
    files = re.sub(r"<svg.*?</svg>", "", files[: files.index("</ul>")], flags=re.DOTALL)
    lines = [" | ".join(re.findall(r"<(?:span|a)[^>]*>(.*?)</(?:span|a)>", line)) for line in files.split("</li>")]
    assert [line.replace("\xa0", " ") for line in lines[:4]] == [
        "photo.png | Image | 1.2 MB", "invoicefdp.exe | Program | 2.0 KB", "notes | File", "&lt;b&gt;x&lt;/b&gt;.csv | Spreadsheet | 10 bytes",
    ]  # fmt: skip
    links = re.findall(r'<a href="([^"]+)"', files)
    assert len(links) == 4
    assert all(re.fullmatch(r"/files/[0-9a-f-]{36}/", one) for one in links)
