"""Images of a message: only after a click, only from the helpdesk, only what its bytes prove to be an image, in the page itself."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from apps.assistant import images
from apps.assistant.images import images_of, name_of
from apps.platforms.models import Connection, Message, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, read_threads, run_tickets
from tests.simulated import Simulator, running

NUMBER = 3
PNG, GIF = b"\x89PNG\r\n\x1a\n" + bytes(40), b"GIF89a" + b"/*" + bytes(20) + b"*/=1;alert(document.cookie)"
PARTS = {
    "shot.png": PNG, "script.gif": GIF, "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "page.png": b"<html><script>alert(1)</script></html>", "large.png": PNG + bytes(images.BYTES_OF_ONE),
}  # fmt: skip


def data(kind: str, body: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(body).decode()}"


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        simulator.update(op="restore", ticket=NUMBER)
        simulator.update(op="reply", ticket=NUMBER, text="see the pictures")
        for name, body in PARTS.items():
            given = {"name": name, "content_type": "image/png", "content": b64encode(body).decode(), "entry": -1}
            simulator.update(op="attach", ticket=NUMBER, inline=True, **given)
        simulator.update(op="attach", ticket=NUMBER, name="image001.png", content_type="image/png", content=b64encode(PNG).decode(), entry=-1)
        yield simulator


@pytest.fixture
def message(acme: Any, account: Simulator, settings: Any) -> Message:
    allow(settings, account)
    with bind_company(acme.binding()):
        join(account)
        run_tickets()
        read_threads()
        images.SEEN.clear()
        found = Message.objects.filter(ticket__remote_id=str(NUMBER)).latest("number")
        Message.objects.filter(pk=found.pk).update(html=found.html + '<img src="cid:image001.png@01DA"><img src="https://t.example/x.png">')
        return found


def test_what_is_an_image_is_put_into_the_page_and_nothing_else(acme, client_of, message, account):
    before = len(account.told("storage"))
    browser = client_of(acme)
    plain = browser.get(f"/messages/{message.pk}/sent/")
    assert "<img" not in plain.content.decode()
    assert len(account.told("storage")) == before, "nothing is asked for before the click"
    answer = browser.get(f"/messages/{message.pk}/sent/?images=1")
    page = answer.content.decode()
    assert re.findall(r'<img src="([^"]+)"', page) == [data("png", PNG), data("gif", GIF), data("png", PNG)]
    assert page.count("Image not shown") == 4
    assert "Image not shown: t.example" in page
    assert "img-src data:;" in answer["Content-Security-Policy"] + ";"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert account.storage not in page
    assert "token=" not in page
    assert {row["authorization"] for row in account.told("storage")} == {False}


def test_they_are_asked_for_once_in_a_while(acme, client_of, message, account):
    browser = client_of(acme)
    browser.get(f"/messages/{message.pk}/sent/?images=1")
    before = len(account.told("storage"))
    page = browser.get(f"/messages/{message.pk}/sent/?images=1").content.decode()
    again = len(account.told("storage")) - before
    assert page.count("<img") == 3
    assert again == 3, "those that were no images"


def test_a_paused_connection_and_a_helpdesk_that_is_away_show_words(acme, client_of, message, account):
    browser = client_of(acme)
    with bind_company(acme.binding()):
        Connection.objects.update(state=Connection.State.PAUSED)
    answer = browser.get(f"/messages/{message.pk}/sent/?images=1")
    assert (answer.status_code, b"<img" in answer.content) == (200, False)
    assert "img-src" not in answer["Content-Security-Policy"]


def test_together_they_have_a_limit(acme, message, monkeypatch):
    monkeypatch.setattr(images, "BYTES_OF_ALL", len(PNG) + 10)
    with bind_company(acme.binding()):
        found = images_of(Message.objects.get(pk=message.pk))
    assert list(found.values()) == [data("png", PNG)]


def test_an_outsider_and_a_ticket_that_is_gone_ask_for_nothing(acme, globex, client_of, message, account):
    before = len(account.told("storage"))
    assert client_of(globex).get(f"/messages/{message.pk}/sent/?images=1").status_code == 404
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=message.ticket_id).update(state="trashed")
    assert client_of(acme).get(f"/messages/{message.pk}/sent/?images=1").status_code == 404
    assert len(account.told("storage")) == before


def test_the_ticket_says_how_many_there_are(acme, client_of, message):
    page = client_of(acme).get(f"/tickets/{message.ticket_id}/").content.decode()
    assert "Images not loaded: 6." in page


@pytest.mark.parametrize(("address", "name"), [("cid:image001.png@01DA", "image001.png"), ("CID:<Logo.PNG>", "logo.png"), ("cid:", "")])
def test_a_part_is_known_by_its_name(address, name):
    assert name_of(address) == name
