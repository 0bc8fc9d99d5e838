"""Files of an account: by a link that is asked for each time, from a host that is on the list, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from apps.core.egress import EgressPolicy
from apps.core.egress.policy import Target
from apps.core.errors import AppError, ExternalError, NotFound
from apps.platforms.adapters.freshdesk import FreshdeskAdapter, FreshdeskConfig
from apps.platforms.adapters.freshdesk.files import Storage
from apps.platforms.filedata import GONE, INCOMPLETE, MOST_BYTES, TOO_LARGE, FileData, FileRef
from tests.simulated import KEY, NOW, Simulator, running

TICKET = 3


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "20", "--plan", "unlimited", "--now", NOW) as simulator:
        simulator.update(op="restore", ticket=TICKET)
        yield simulator


def attach(account: Simulator, **more: Any) -> str:
    """The number of a new file."""
    account.update(op="attach", ticket=TICKET, **more)
    files = [one for one in account.told("truth")["attachments"] if one["ticket"] == TICKET]
    return str(max(int(one["remote_id"]) for one in files if one["name"] == more["name"]))


def opened(account: Simulator, ref: FileRef, most: int = MOST_BYTES) -> FileData:
    async def ask() -> FileData:
        async with account.adapter() as adapter:
            return await adapter.open_attachment(ref, most=most)

    return asyncio.run(ask())


def code_of(account: Simulator, ref: FileRef, most: int = MOST_BYTES) -> str:
    with pytest.raises(AppError) as refused:
        opened(account, ref, most)
    return refused.value.code


def test_a_file_of_the_first_message_costs_one_credit_and_its_host_hears_no_key(account):
    number = attach(account, name="photo 1.png", content_type="image/png", size=70_000)
    account.control.delete("/__sim/log")
    found = opened(account, FileRef(str(TICKET), None, number))
    assert (found.name, found.content_type, len(found.body)) == ("photo 1.png", "image/png", 70_000)
    truth = {one["remote_id"]: one["sha256"] for one in account.told("truth")["attachments"]}
    assert hashlib.sha256(found.body).hexdigest() == truth[number]
    assert account.told("log")["credits"] == 1
    assert [row["authorization"] for row in account.told("storage")][-1:] == [False]


def test_a_link_is_asked_for_anew_so_it_is_never_too_old(account):
    number = attach(account, name="later.txt", size=10)
    ref = FileRef(str(TICKET), None, number)
    first = opened(account, ref)
    account.tell("clock", advance=3600)
    assert opened(account, ref).body == first.body


def test_a_file_of_a_reply_is_found_where_the_message_stands_and_where_it_moved_to(account):
    account.update(op="reply", ticket=TICKET, text="see file")
    number = attach(account, name="of-a-reply.log", size=33, entry=-1)
    entry = next(one["entry"] for one in account.told("truth")["attachments"] if one["remote_id"] == number)
    for place in (0, 2, 400):
        ref = FileRef(str(TICKET), str(entry), number, place=place)
        assert len(opened(account, ref).body) == 33
    assert code_of(account, FileRef(str(TICKET), str(entry), "12345")) == GONE
    assert code_of(account, FileRef(str(TICKET), "../../agents", number)) == GONE


def test_an_archived_ticket_s_file_is_asked_for_there(account):
    account.update(op="restore", ticket=4)
    account.update(op="attach", ticket=4, name="old.txt", size=5)
    number = next(one["remote_id"] for one in account.told("truth")["attachments"] if one["ticket"] == 4)
    account.update(op="archive", ticket=4)
    account.control.delete("/__sim/log")
    assert len(opened(account, FileRef("4", None, number, archived=True)).body) == 5
    assert account.told("log")["credits"] == 1
    assert len(opened(account, FileRef("4", None, number)).body) == 5


@pytest.mark.parametrize(("trouble", "code"), [("short", INCOMPLETE), ("long", INCOMPLETE), ("away", "address_refused")])
def test_half_a_file_more_than_a_file_and_a_link_that_leads_inside_are_no_file(account, trouble, code):
    number = attach(account, name=f"{trouble}.bin", size=1000, trouble=trouble)
    assert code_of(account, FileRef(str(TICKET), None, number)) == code


def test_a_redirect_within_the_list_is_followed(account):
    number = attach(account, name="redirected.txt", size=1000, trouble="redirect")
    assert len(opened(account, FileRef(str(TICKET), None, number)).body) == 1000


def test_twenty_megabytes_are_taken_and_a_larger_file_is_not_even_asked_for(account):
    whole = attach(account, name="whole.mov", content_type="video/quicktime", size=MOST_BYTES)
    assert len(opened(account, FileRef(str(TICKET), None, whole)).body) == MOST_BYTES
    larger = attach(account, name="larger.mov", content_type="video/quicktime", size=MOST_BYTES + 1)
    before = len(account.told("storage"))
    assert code_of(account, FileRef(str(TICKET), None, larger)) == TOO_LARGE
    assert len(account.told("storage")) == before


def test_a_file_that_says_it_is_small_is_cut_off_at_the_limit(account):
    number = attach(account, name="liar.bin", size=4000, trouble="long")
    assert code_of(account, FileRef(str(TICKET), None, number), most=5000) == TOO_LARGE


def test_what_is_not_there_any_more_is_gone(account):
    number = attach(account, name="gone.txt", size=5)
    account.update(op="reply", ticket=5, text="x")
    assert code_of(account, FileRef("5", None, number)) == GONE
    with pytest.raises(NotFound):
        opened(account, FileRef("999", None, number))


def test_an_image_of_a_message_is_read_by_its_own_address_and_no_other(account):
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    account.update(op="reply", ticket=TICKET, text="look")
    account.update(op="attach", ticket=TICKET, entry=-1, name="shot.png", content=b64encode(png).decode(), inline=True)
    thread = account.get(f"/tickets/{TICKET}/conversations", per_page=100).json()
    url = next(row["body"] for row in thread if "/inline/attachment" in row["body"]).split('src="')[1].split('"')[0]

    async def ask(url: str) -> bytes:
        async with account.adapter() as adapter:
            return await adapter.open_image(url, most=1000)

    assert asyncio.run(ask(url)) == png
    for other in (url.replace("/inline/attachment", "/inline/../data"), "https://photos.example/inline/attachment?token=x",
                  "https://evil.example/#.freshdesk.com/inline/attachment", f"{account.url}/api/v2/agents"):  # fmt: skip
        with pytest.raises(NotFound):
            asyncio.run(ask(other))
    assert account.told("storage")[-1]["authorization"] is False


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://s3.amazonaws.com/bucket/x", True), ("https://bucket.s3.eu-central-1.amazonaws.com/x", True),
        ("https://s3-eu-west-1.amazonaws.com/x", True), ("https://cdn.freshdesk.com/data/x", True),
        ("https://ec2-1-2-3-4.compute-1.amazonaws.com/x", False), ("https://internal-lb.eu-west-1.elb.amazonaws.com/", False),
        ("https://s3.amazonaws.com.evil.example/x", False), ("http://s3.amazonaws.com/x", False),
        ("https://s3.amazonaws.com:8443/x", False), ("https://user@s3.amazonaws.com/x", False), ("https://169.254.169.254/", False),
        ("http://127.0.0.1:9/x", False), ("https://s3" + "-" * 60 + ".amazonaws.com/x", False),
    ],
)  # fmt: skip
def test_only_the_vendor_s_hosts_and_s3_hold_files(url, allowed, monkeypatch):
    """An operator's own host counts for the account that lives on one, and for no other: its word is a company's."""
    storage = Storage.of(Target("https", "acme.freshdesk.com", 443, trusted=False), frozenset({"127.0.0.1:9"}))
    called: list[str] = []

    async def send(client: Any, method: str, path: str, **more: Any) -> Any:
        assert not more.get("auth")
        called.append(client.target.host)
        raise ExternalError("enough")

    monkeypatch.setattr("apps.core.egress.EgressClient.send", send)
    with pytest.raises(ExternalError) as refused:
        asyncio.run(storage.read(url, 10))
    assert (bool(called), refused.value.code == "address_refused") == (allowed, not allowed)


def test_an_account_on_site_has_its_files_on_site(account):
    assert isinstance(account.adapter(), FreshdeskAdapter)
    host = account.storage.removeprefix("http://")
    config = FreshdeskConfig(base_url=account.url, api_key=KEY)
    only = FreshdeskAdapter(config, allow_hosts=account.hosts - {host})
    assert only._storage.policy == EgressPolicy(only._storage.policy.suffixes, account.hosts - {host})
    number = attach(account, name="elsewhere.txt", size=5)

    async def ask() -> FileData:
        async with only:
            return await only.open_attachment(FileRef(str(TICKET), None, number), most=100)

    with pytest.raises(ExternalError, match="a host we do not call"):
        asyncio.run(ask())
