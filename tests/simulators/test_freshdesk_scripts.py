"""Random scripts: the same for a seed, all kinds in any twenty-five, and no account is left unsound by one."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.freshdesk.scripts import CROWD, KINDS, Script
from tests.simulated import fingerprint
from tests.simulators.inside import EVER, Inside, generated

LIST = {"updated_since": EVER, "order_by": "updated_at", "order_type": "asc", "per_page": 100}


def test_a_seed_makes_one_script() -> None:
    for seed in range(25):
        assert list(Script(seed)) == list(Script(seed))
        assert Script(seed).rules() == Script(seed).rules()
    assert len({tuple(map(repr, Script(seed))) for seed in range(200)}) == 200


@pytest.mark.parametrize("first", [0, 25, 100])
def test_twenty_five_scripts_show_everything_at_both_paces(first: int) -> None:
    scripts = [Script(seed) for seed in range(first, first + 25)]
    counts = {kind: sum(kind in script.kinds() for script in scripts) for kind in KINDS}
    assert min(counts.values()) >= 4, counts
    assert {script.updates() for script in scripts} == {0.2, 1.0}
    ops = {event.change["op"] for script in scripts for event in script}
    assert ops >= {"spam", "trash", "restore", "destroy", "destroy_contact", "merge", "archive", "edit_entry", "scope",
                   "key", "faults", "kill", "second_sync", "reconnect"}  # fmt: skip
    assert any(event.change.get("random") == CROWD for script in scripts for event in script)
    assert all(event.call >= 1 for script in scripts for event in script)
    narrowed = [event.change["value"] for script in scripts for event in script if event.change["op"] == "scope"]
    assert narrowed.count(1) * 2 == len(narrowed), "every narrowing is followed by a widening"


def read_through(account: Inside, seed: int) -> None:
    """A reader that asks and asks, and whose key is put right when it has to be."""
    account.tell("script", seed=seed)
    key, span = account.api.api_key, Script(seed, 80).span
    for number in range(span + 60):
        key = next((one["value"] for one in account.told("script/told")["told"] if one["op"] == "reconnect"), key)
        if number % 3:
            account.ask("GET", f"/tickets/{number % 80 + 1}/conversations", key=key)
        else:
            account.ask("GET", "/tickets", key=key, **LIST | {"filter": ("spam", "deleted")[number % 2]})


def sound(account: Inside) -> dict[int, dict[str, Any]]:
    """Every ticket of the truth is in one list or the archive, once, with the truth's words."""
    key, truth = account.api.api_key, account.truth()
    account.tell("switches", archived_in_list=False, new_fields=False, offset_times=False)
    found: dict[int, str] = {}
    for name in ("", "spam", "deleted"):
        page: list[dict[str, Any]] = [{}]
        number = 0
        while page:
            number += 1
            asked = LIST | ({"filter": name} if name else {}) | {"page": number}
            page = account.get("/tickets", key=key, **asked)
            assert not found.keys() & {row["id"] for row in page}, "a ticket stands in two places"
            found |= {row["id"]: row["updated_at"] for row in page}
    archived = {number for number, row in truth.items() if row["state"] == "archived"}
    assert found.keys() | archived == truth.keys()
    assert {number: truth[number]["updated_at"] for number in found} == found
    for number, row in truth.items():
        base = f"/tickets/archived/{number}" if number in archived else f"/tickets/{number}"
        assert read_whole(account, base, key) == {name: row[name] for name in READ}, number
    return truth


READ = ("subject", "status", "state", "updated_at", "description_sha256", "messages")


def read_whole(account: Inside, base: str, key: str) -> dict[str, Any]:
    """A ticket as its own pages show it, in the truth's words."""
    row, entries, page = account.get(base, key=key), [], 1
    while found := account.get(f"{base}/conversations", key=key, per_page=100, page=page):
        entries += [one for one in found if not one["deleted"]]
        page += 1
    states = {"trashed": row.get("deleted"), "spam": row["spam"], "archived": row.get("archived")}
    return {
        "subject": row["subject"] or "",
        "status": row["status"],
        "state": next((name for name, on in states.items() if on), "live"),
        "updated_at": row["updated_at"],
        "description_sha256": fingerprint(row["description_text"]),
        "messages": [
            {"remote_id": str(one["id"]), "private": one["private"], "text_sha256": fingerprint(one["body_text"])}
            for one in entries
        ],
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_script_leaves_a_sound_account_and_the_same_one_each_time(seed: int) -> None:
    leaves_sound_and_same(seed)


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(3, 25))
def test_each_of_twenty_five_scripts_leaves_a_rough_account_sound(seed: int) -> None:
    leaves_sound_and_same(seed, "--rough")


def leaves_sound_and_same(seed: int, *more: str) -> None:
    truths = []
    for _ in range(2):
        account = generated(80, *more)
        before = account.truth()
        read_through(account, seed)
        ended = account.tell("script/finish")
        assert ended["failed"] == []
        account.tell("switches", unstable_ties=False)
        truths.append(sound(account))
        assert account.told("script")["pending"] == 0
        assert account.api.world.scope == 1
    assert truths[0] == truths[1]
    assert truths[0] != before


def test_what_was_not_reached_comes_at_the_end() -> None:
    account = generated(120)
    account.tell("script", rules=[{"after": 900, "of": "calls", "apply": [{"op": "destroy", "ticket": 9}]}])
    account.get("/tickets")
    assert 9 in account.truth()
    assert account.tell("script/finish")["failed"] == []
    assert 9 not in account.truth()


def test_a_rate_is_kept_on_average_and_an_event_that_fails_is_told() -> None:
    account = generated(120)
    rules = [{"every": 1, "rate": 0.2, "of": "calls", "apply": [{"op": "note", "ticket": 7, "text": "x"}]},
             {"after": 3, "of": "calls", "apply": [{"op": "trash", "ticket": 9999}]}]  # fmt: skip
    account.tell("script", rules=rules)
    before = len(account.truth()[7]["messages"])
    for _ in range(200):
        account.get("/agents/me")
    assert 20 <= len(account.truth()[7]["messages"]) - before <= 60
    assert "9999" in account.told("script/told")["failed"][0]


def test_who_pages_by_number_loses_tickets_and_who_walks_by_keyset_does_not() -> None:
    """The simulator is as unkind as the service: the usual way loses, the careful one finds everything."""

    def rows(account: Inside, **params: Any) -> list[dict[str, Any]]:
        return account.get("/tickets", **LIST | params)

    def changing() -> Inside:
        account = generated(2000)
        rules = [{"every": 1, "rate": 3, "apply": [{"op": "touch", "random": 1}]}]
        account.tell("script", rules=rules)
        account.tell("clock", advance=5)
        return account

    account = changing()
    live = {number for number, row in account.truth().items() if row["state"] == "live"}
    by_number: set[int] = set()
    for page in range(1, 21):
        by_number |= {row["id"] for row in rows(account, page=page)}
    assert 5 < len(live - by_number) < 200

    account, walked, since, page, fresh = changing(), set(), EVER, 1, False
    for _ in range(200):
        found = rows(account, updated_since=since, page=page)
        fresh |= not {row["id"] for row in found} <= walked
        walked |= {row["id"] for row in found}
        last = found[-1]["updated_at"]
        if last == since and len(found) == 100:
            page += 1  # a crowded second
        elif page > 1 and fresh:
            page, fresh = 1, False  # once more, until it brings nothing new
        elif len(found) < 100:
            break
        else:
            since, page, fresh = last, 1, False
    assert live - walked == set()
