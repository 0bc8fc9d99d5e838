"""Files lie on another host, behind links that die and that no key opens."""

from __future__ import annotations

import hashlib

import httpx2
import pytest

from tests.simulated import KEY, NOW, running
from tests.simulators.inside import Inside, generated


@pytest.fixture
def account() -> Inside:
    inside = generated(20)
    inside.update(op="restore", ticket=3)
    return inside


def link(account: Inside, ticket: int = 3) -> str:
    return account.get(f"/tickets/{ticket}")["attachments"][-1]["attachment_url"]


def test_a_file_is_what_the_truth_says_and_of_the_size_the_ticket_says(account: Inside) -> None:
    account.update(op="attach", ticket=3, name="photo 1.png", content_type="image/png", size=70_000)
    told = account.get("/tickets/3")["attachments"][0]
    answer = account.download(told["attachment_url"])
    truth = account.told("truth")["attachments"]
    assert (answer.status, answer.content_type, len(answer.body)) == (200, "image/png", told["size"] == 70_000 and 70_000)
    assert [(row["ticket"], row["sha256"]) for row in truth] == [(3, hashlib.sha256(answer.body).hexdigest())]


def test_a_link_dies_after_three_hundred_seconds_of_the_accounts_clock(account: Inside) -> None:
    account.update(op="attach", ticket=3)
    old = link(account)
    account.tell("clock", advance=299)
    assert account.download(old).status == 200
    account.tell("clock", advance=1)
    answer = account.download(old)
    assert (answer.status, answer.content_type) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.body
    assert account.download(link(account)).status == 200, "a fresh link of the same file lives"


def test_the_key_of_the_account_spoils_the_call(account: Inside) -> None:
    account.update(op="attach", ticket=3)
    answer = account.download(link(account), authorization="Basic whatever")
    assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.body) == (400, True)
    assert [row["authorization"] for row in account.told("storage")] == [True]


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        ("X-Amz-Expires=300", "X-Amz-Expires=90000", b"SignatureDoesNotMatch"),
        ("X-Amz-Signature=", "X-Amz-Signature=0", b"SignatureDoesNotMatch"),
        ("/original/", "/original/../", b"AccessDenied"),
    ],
)
def test_a_link_made_by_hand_opens_nothing(account: Inside, wrong: str, right: str, code: bytes) -> None:
    account.update(op="attach", ticket=3)
    url = link(account)
    assert wrong in url
    answer = account.download(url.replace(wrong, right))
    assert answer.status == 403
    assert b"<Code>" in answer.body
    assert code in answer.body or wrong == "/original/"


@pytest.mark.parametrize(("trouble", "status"), [("redirect", 302), ("away", 302), ("short", 200), ("long", 200)])
def test_files_can_be_trouble(account: Inside, trouble: str, status: int) -> None:
    account.update(op="attach", ticket=3, size=1000, trouble=trouble)
    answer = account.download(link(account))
    assert answer.status == status
    if trouble == "redirect":
        following = account.download(answer.headers["Location"])
        assert (following.status, len(following.body)) == (200, 1000)
    elif trouble == "away":
        assert answer.headers["Location"].startswith("http://169.254.169.254/")
    else:
        assert (len(answer.body) < 1000) is (trouble == "short")
        assert len(answer.body) != 1000


def upload(size: int) -> bytes:
    """A note with a file of that size, as a form."""
    body = b'--b\r\nContent-Disposition: form-data; name="body"\r\n\r\nsee file\r\n--b\r\n'
    body += b'Content-Disposition: form-data; name="attachments[]"; filename="setup.exe"\r\n'
    return body + b"Content-Type: application/x-msdownload\r\n\r\n" + bytes(size) + b"\r\n--b--\r\n"


FORM = {"content-type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(("size", "status"), [(20 * 2**20, 201), (20 * 2**20 + 1, 400)])
def test_twenty_megabytes_can_be_uploaded_and_no_more(account: Inside, size: int, status: int) -> None:
    before = len(account.get("/tickets/3/conversations", per_page=100))
    assert account.ask("POST", "/tickets/3/notes", upload(size), headers=FORM).status == status
    assert len(account.get("/tickets/3/conversations", per_page=100)) - before == (status == 201)


def test_an_uploaded_file_lies_on_a_host_that_wants_no_key() -> None:
    with running("--account", "generated", "--tickets", "5", "--now", NOW, "--plan", "unlimited") as simulator:
        simulator.update(op="restore", ticket=3)
        answer = simulator.api.post("/api/v2/tickets/3/notes", content=upload(3_000_000), headers=FORM)
        assert answer.status_code == 201, answer.text
        file = answer.json()["attachments"][0]
        assert (file["name"], file["content_type"], file["size"]) == ("setup.exe", "application/x-msdownload", 3_000_000)
        assert not file["attachment_url"].startswith(simulator.url), "files lie on another host"
        with httpx2.Client(trust_env=False) as stranger:
            assert len(stranger.get(file["attachment_url"]).content) == 3_000_000
            refused = stranger.get(file["attachment_url"], auth=(KEY, "X"))
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/xml")
