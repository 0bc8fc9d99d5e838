"""Folders of the JSON store: what is read of sound ones, what is said of broken ones, and what is never opened."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson
import pytest
from pydantic import ValidationError

from apps.core.errors import BadInput, ExternalError, NotFound
from apps.platforms.adapters.json_store import JsonStoreAdapter, JsonStoreConfig, adapter
from apps.platforms.adapters.json_store.checking import examine
from apps.platforms.adapters.json_store.problems import KINDS, StoreStopped
from apps.platforms.adapters.json_store.stating import write_state
from simulators.json_store.broken import BROKEN
from simulators.json_store.writing import append, write_company

TICKETS = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stores" / "acme"
    write_company(made, tickets=TICKETS)
    return made


def opened(folder: Path, name: str = "acme", company: str = "acme", root: str = "") -> JsonStoreAdapter:
    context = {"json_store_root": root or str(folder.parent), "company": company}
    return JsonStoreAdapter(JsonStoreConfig.model_validate({"folder": name}, context=context))


def read(folder: Path, fetch: str = "fetch_tickets", cursor=None) -> tuple[list, object, list[str]]:
    """(items, where the next poll begins, what could not be read)"""
    items, odd, more, store = [], [], True, opened(folder)
    cursor = cursor or store.first_tickets()
    while more:
        page = asyncio.run(getattr(store, fetch)(type(cursor).model_validate(cursor.model_dump(mode="json"))))
        items += page.items
        odd += getattr(page, "unreadable", ())
        cursor, more = page.next, page.more
    return items, cursor, odd


def lines(folder: Path, name: str) -> list[dict]:
    return [orjson.loads(line) for line in (folder / name).read_bytes().splitlines()]


def test_every_line_is_read_once_page_by_page(folder, monkeypatch):
    monkeypatch.setattr(adapter, "PAGE", 5)
    tickets, _cursor, odd = read(folder)
    assert [one.remote_id for one in tickets] == [one["id"] for one in lines(folder, "tickets.jsonl")]
    assert odd == []
    threads, _cursor, _odd = read(folder, "fetch_thread_page")
    said = {one["ticket_id"]: [(m["id"], m["text"], m["visibility"]) for m in one["messages"]] for one in lines(folder, "threads.jsonl")}
    assert {one.ticket_id: [(m.remote_id, m.text, m.visibility) for m in one.messages] for one in threads} == said
    assert tickets[0].customer.email.endswith("@mail.example")
    assert len(read(folder, "fetch_articles")[0]) == len(lines(folder, "articles.jsonl"))
    reference = asyncio.run(opened(folder).fetch_reference())
    assert (len(reference.groups), len(reference.agents), len(reference.statuses)) == (3, 6, 4)


def test_what_is_added_is_read_from_where_it_was_left_and_later_lines_count(folder):
    _tickets, cursor, _odd = read(folder)
    assert read(folder, cursor=cursor)[0] == []
    append(folder, 3, deletions=2)
    added = lines(folder, "tickets.jsonl")[TICKETS:]
    tickets, _cursor, _odd = read(folder, cursor=cursor)
    assert [one.remote_id for one in tickets] == [one["id"] for one in added if not one.get("deleted")]
    gone = {one["id"] for one in added if one.get("deleted")}
    assert set(read(folder, "fetch_gone")[0]) == gone
    everything = {one.remote_id: one for one in read(folder)[0]}
    assert len(everything) == TICKETS + 3 - 2
    last = {one["id"]: one["status"] for one in added if not one.get("deleted")}
    assert {key: everything[key].status.value for key in last} == last
    with pytest.raises(NotFound):
        asyncio.run(opened(folder).fetch_thread(gone.pop()))


def test_a_file_changed_before_where_we_were_is_read_anew(folder):
    _tickets, cursor, _odd = read(folder)
    text = (folder / "tickets.jsonl").read_bytes().splitlines()
    text[2] = text[2].replace(b'"priority":', b'"priority": ')  # a byte more in the middle
    (folder / "tickets.jsonl").write_bytes(b"\n".join(text) + b"\n")
    with pytest.raises(StoreStopped, match="checksum_mismatch|state_ahead|line_cut"):
        read(folder, cursor=cursor)
    write_state(str(folder.parent), "acme")
    assert len(read(folder, cursor=cursor)[0]) == TICKETS


@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_what_is_broken_is_named_with_its_place_and_does_what_the_page_says(folder, kind):
    sound = len(read(folder)[0]), len(read(folder, "fetch_articles")[0])
    spoil, code, place = BROKEN[kind]
    spoil(folder)
    found = examine(str(folder.parent), "acme")
    weight = KINDS[code][0]
    named = [found.stopped] if found.stopped else found.problems
    assert code in {one.code for one in named}
    told = next(one for one in named if one.code == code)
    assert told.place.startswith(place)
    assert code in told.told() and KINDS[code][1] in told.told()
    if weight == "stop":
        with pytest.raises(StoreStopped, match=code):
            read(folder)
        return
    after = len(read(folder)[0]), len(read(folder, "fetch_articles")[0])
    assert sum(sound) - sum(after) == (weight == "skip" and code != "goes_back" and told.file != "threads.jsonl")
    if weight == "skip" and told.file == "tickets.jsonl":
        assert read(folder)[2] == [told.place]
        with pytest.raises(ExternalError, match="cannot be read"):
            asyncio.run(opened(folder).fetch_ticket(told.place))


def test_a_broken_later_line_leaves_the_one_before_and_is_taken_when_mended(folder):
    held = lines(folder, "tickets.jsonl")[2]
    for text in (orjson.dumps(held | {"subject": 7}), orjson.dumps(held | {"subject": "Mended"})):
        with (folder / "tickets.jsonl").open("ab") as file:
            file.write(text + b"\n")
        write_state(str(folder.parent), "acme")
        by_id = {one.remote_id: one for one in read(folder)[0]}
        assert by_id[held["id"]].subject == ("Mended" if b"Mended" in text else held["subject"])


def test_what_is_still_being_written_waits_for_its_seal(folder):
    with (folder / "tickets.jsonl").open("ab") as file:
        file.write(orjson.dumps(lines(folder, "tickets.jsonl")[0] | {"id": "99"}))
    assert len(read(folder)[0]) == TICKETS
    write_state(str(folder.parent), "acme")  # of whole lines only
    assert len(read(folder)[0]) == TICKETS
    with (folder / "tickets.jsonl").open("ab") as file:
        file.write(b"\n")
    write_state(str(folder.parent), "acme")
    assert len(read(folder)[0]) == TICKETS + 1


def test_no_folder_but_the_companys_own_below_the_root_is_opened(folder, tmp_path):
    write_company(folder.parent / "globex", tickets=3)
    for name in ("../acme", "/etc", "a/../../acme", "", ".", "acme/", "acme\x00", "-x/acme", "acme/.."):
        with pytest.raises(ValidationError):
            opened(folder, name)
    for name, company, root in (("globex", "acme", ""), ("acme", "globex", ""), ("acme", "", ""), ("acme", "acme", "stores")):
        with pytest.raises(BadInput, match="read"):
            opened(folder, name, company, root)
    with pytest.raises(BadInput, match="JSON_STORE_ROOT"):
        JsonStoreAdapter(JsonStoreConfig.model_validate({"folder": "acme"}))


def test_the_page_tells_of_every_code_and_what_follows():
    page = (Path(__file__).resolve().parents[2] / "docs" / "json-store.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    told = {code: row.rsplit("|", 2)[1].split()[0] for row in rows for code in row.split("|")[1].replace("`", "").strip().split(", ")}
    assert {code: told.get(code) for code in KINDS} == {code: weight for code, (weight, _mend) in KINDS.items()}


@pytest.mark.parametrize("what", ["folder", "inner", "file", "header", "pipe"])
def test_no_link_and_nothing_but_a_plain_file_is_opened(folder, tmp_path, what):
    outside = tmp_path / "outside" / "acme"
    write_company(outside, tickets=3)
    name = "acme"
    if what == "folder":
        name = "more/acme"
        (folder.parent / "more").mkdir()
        (folder.parent / "more" / "acme").symlink_to(outside)
    elif what == "inner":
        name = "more/acme"
        (folder.parent / "more").symlink_to(outside.parent)
    elif what == "pipe":
        (folder / "people.jsonl").unlink()
        os.mkfifo(folder / "people.jsonl")
    else:
        link = folder / ("threads.jsonl" if what == "file" else "company.json")
        link.unlink()
        link.symlink_to(outside / link.name)
    with pytest.raises(StoreStopped) as caught:
        asyncio.run(opened(folder, name).fetch_reference())
    assert caught.value.code == ("not_a_file" if what == "pipe" else "symlink")
