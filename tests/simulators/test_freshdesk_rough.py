"""The rough account holds what real ones hold, each made when asked for, and the truth knows it all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from tests.simulated import KEY, ROOT
from tests.simulators.inside import EVER, Inside, generated

LIST = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}


@pytest.fixture(scope="module")
def account() -> Inside:
    """Read only."""
    return generated(300, "--rough")


def tickets(account: Inside) -> list[Any]:
    found = [account.api.world.ticket(number) for number in account.api.world.ids()]
    return [row for row in found if row is not None]


def test_threads_have_a_long_tail(account: Inside) -> None:
    lengths = [len(account.api.world.entries(row.id)) for row in tickets(account)]
    assert max(lengths) == 1500
    assert sorted(lengths)[-2] < 400
    assert min(lengths) == 0
    assert 4 < sum(lengths[:149] + lengths[150:]) / 299 < 12
    pages, page = [], [{}]
    while page:
        page = account.get("/tickets/150/conversations", per_page=100, page=len(pages) + 1)
        pages.append(page)
    assert [len(page) for page in pages] == [100] * 15 + [0]
    assert len({one["id"] for page in pages for one in page}) == 1500


def test_every_oddity_occurs(account: Inside) -> None:
    rows = tickets(account)
    entries = [entry for row in rows if row.id != 150 for entry in account.api.world.entries(row.id)]
    texts = [row.description for row in rows] + [entry.body for entry in entries]
    for piece in ("\u2028", "🏳️‍🌈", "مرحبا", "<table>", "<blockquote", "inline/attachment?token=", "cid:", "<script>", "unclosed"):
        assert any(piece in text for text in texts), piece
    assert not any("\x00" in text for text in texts)
    assert "" in texts
    assert {row.status for row in rows} >= {9, 27}
    assert {row.source for row in rows} >= {12, 13, 15, 99}
    assert {row.subject for row in rows} >= {None, ""}
    assert {entry.source for entry in entries} >= {0, 2, 15, 20, 99}
    assert any(entry.user_id is None for entry in entries)
    assert any(entry.last_edited_at and entry.last_edited_at > entry.updated_at for entry in entries)
    with_files = sum(bool(row.attachments) or any(one.attachments for one in account.api.world.entries(row.id))
                     for row in rows)  # fmt: skip
    assert 0.2 < with_files / len(rows) < 0.45
    people = [account.api.world.contact(row.requester_id) for row in rows]
    assert {True, False} == {bool(person and person.email) for person in people}


def test_a_body_may_be_two_megabytes_long() -> None:
    account = generated(100_000, "--rough")
    for number in range(1, 4000):
        row = account.api.world.origin.ticket(number)
        if len(row.description) > 1_900_000:
            answer = account.get(f"/tickets/{number}")
            assert len(answer["description_text"]) > 1_500_000
            return
    pytest.fail("no long body in 4,000 tickets")


def test_web_chat_says_its_first_message_twice(account: Inside) -> None:
    chats = [row for row in tickets(account) if row.source == 15 and account.api.world.entries(row.id)]
    assert len(chats) > 20
    for row in chats:
        assert account.api.world.entries(row.id)[0].body_text == row.description_text


def test_what_is_planted_stands_where_the_truth_says(account: Inside) -> None:
    planted = account.told("truth")["planted"]
    kinds = Counter(one["kind"] for one in planted)
    assert {"name", "phone", "email", "card", "iban", "instruction"} == kinds.keys()
    for one in planted:
        text = account.api.world.ticket(one["ticket"]).description_text
        if one["entry"] is not None:
            text = next(row.body_text for row in account.api.world.entries(one["ticket"]) if row.id == one["entry"])
        assert text[one["start"] : one["end"]] == one["text"]
    assert any(one["entry"] is not None for one in planted)


def test_ids_of_files_and_entries_never_meet(account: Inside) -> None:
    truth = account.told("truth")
    files = [one["remote_id"] for one in truth["attachments"]]
    entries = [one["remote_id"] for row in truth["tickets"] for one in row["messages"]]
    assert len(set(files)) == len(files) > 100
    assert len(set(entries)) == len(entries)
    assert not set(files) & set(entries)


def test_a_file_of_any_name_can_be_fetched(account: Inside) -> None:
    first = {one["name"]: one for one in account.told("truth")["attachments"] if one["entry"] is None and not one["trouble"]}
    assert {"a/b\\c..txt", "empty.txt", "请求书.xlsx"} <= first.keys()
    for name, one in first.items():
        held = account.get(f"/tickets/{one['ticket']}")["attachments"]
        file = next(row for row in held if str(row["id"]) == one["remote_id"])
        assert len(account.download(file["attachment_url"]).body) == file["size"], name


def test_what_went_to_the_archive_unseen_is_told_apart(account: Inside) -> None:
    own = generated(40, "--rough")
    own.update(op="restore", ticket=4)
    own.update(op="restore", ticket=5)
    own.get("/tickets/4")
    own.update(op="archive", tickets=[4, 5])
    assert own.told("truth")["unlisted"] == [5]


def test_one_seed_makes_one_rough_account() -> None:
    assert generated(60, "--rough").told("truth") == generated(60, "--rough").told("truth")
    assert generated(60, "--rough").told("truth") != generated(60, "--rough", seed=2).told("truth")


@pytest.mark.verify
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc, which is not here")
def test_a_hundred_thousand_tickets_take_no_memory_until_they_change() -> None:
    """Start, 300 pages with descriptions, 2,000 threads: resident memory stays where it was."""
    command = [sys.executable, "-m", "simulators.freshdesk", "--account", "generated", "--rough", "--tickets", "100000"]
    began = time.monotonic()
    with subprocess.Popen([*command, "--plan", "unlimited", "--api-key", KEY], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        line = orjson.loads(process.stdout.readline())
        started, first, since = time.monotonic() - began, resident(process.pid), EVER
        with httpx2.Client(base_url=line["api"], auth=(KEY, "X"), trust_env=False, timeout=60) as api:
            for _ in range(300):
                page = api.get("/api/v2/tickets", params=LIST | {"updated_since": since, "include": "description"}).json()
                since = page[-1]["updated_at"]
            for number in range(1, 2001):
                api.get(f"/api/v2/tickets/{number * 49}/conversations", params={"per_page": 100})
        grown = resident(process.pid) - first
        process.terminate()
    assert first < 120, f"{first} MB at the start"
    assert grown < 60, f"{first} MB at the start, {grown} MB more after 300 pages and 2,000 threads"
    assert started < 10, f"{started:.1f} s on a busy machine"


def resident(pid: int) -> int:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024
