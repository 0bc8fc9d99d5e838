"""The probe of an account: what a read can tell is told both ways, within its price, changing nothing, naming nobody."""

from __future__ import annotations

import ast
import asyncio
import io
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.errors import BadInput, CredentialsRejected
from apps.platforms.adapters.freshdesk import probing
from apps.platforms.adapters.freshdesk.probing.gather import CREDITS, price
from apps.platforms.adapters.freshdesk.probing.moves import kind_of
from apps.platforms.adapters.freshdesk.probing.reader import SHARE, WAITS
from apps.platforms.probing import Finding, ProbeReport
from tests.simulated import KEY, NOW, ROOT, Simulator, running

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
COMMENT = "<p>looked at it</p><!-- a mark of ours -->"
# Both answers to every question a read can decide; the file of activities is of the day before.
ONE_WAY = {
    "archived_in_list": False, "hiding_moves": True, "note_edit_moves": False, "note_delete_moves": True,
    "merge_moves": True, "tags_move": True, "attachment_moves": True, "list_attachments": False,
    "deleted_entries_listed": False, "new_fields": False, "offset_times": False, "total_as_float": False,
    "comments_stripped": True, "admin_key": True, "translations": True, "wrong_verb_body": False,
}  # fmt: skip
OTHER_WAY = {name: not value for name, value in ONE_WAY.items()}
EXPECTED = {  # key: (answer of one way, of the other); None: could not be told
    "archived_listed": ("no", "yes"), "hiding_moves": ("yes", "no"), "note_edit_moves": ("no", "yes"),
    "note_delete_moves": ("yes", "no"), "merge_moves": ("yes", "no"), "tags_moves": ("yes", "no"),
    "attachment_moves": ("yes", "no"), "list_attachments": ("no", "yes"), "deleted_entries_listed": ("no", "yes"),
    "tie_order": ("yes, as far as seen",) * 2, "new_fields": ("no", "yes"),
    "time_spelling": ("yes", "no, with an offset"), "total_spelling": ("yes", "no"), "comments_stripped": (None, "no"),
    "agents_readable": ("yes", "no"), "translations": ("yes", "no"), "body_404": ("empty",) * 2,
    "body_404_address": ("empty", "JSON"), "body_405": ("empty", "JSON"), "link_life": ("300 s",) * 2,
}  # fmt: skip
BY_NO_READ = {
    "merge_ids", "job_status", "export_job", "webhook_signature", "webhook_delete", "key_lockout", "list_limit",
    "body_429", "retry_after",
}  # fmt: skip


@contextmanager
def account() -> Iterator[Simulator]:
    size = ("--account", "generated", "--tickets", "300", "--now", NOW, "--plan", "unlimited")
    with running(*size) as simulator:
        yield simulator


def probe(simulator: Simulator, key: str = KEY) -> tuple[ProbeReport, list[str]]:
    """A probe whose waits are the account's clock's. What was asked is checked after each."""
    simulator.control.delete("/__sim/log")
    lines: list[str] = []

    async def pause(seconds: float) -> None:
        simulator.tell("clock", advance=seconds)

    hosts = frozenset(url.removeprefix("http://") for url in (simulator.url, simulator.storage))
    try:
        report = asyncio.run(probing.probe(simulator.url, key, hosts, lines.append, pause=pause))
    finally:
        log = simulator.told("log")
        assert {row["method"] for row in log["requests"]} == {"GET"}
        assert log["credits"] <= price()[1]
    assert log["calls"] == report.calls <= price()[0]
    assert report.credits <= CREDITS
    return report, lines


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    with account() as simulator:
        yield simulator


@pytest.fixture
def calm(shared: Simulator) -> Iterator[Simulator]:
    """One account for many tests: what a test made of it is over after it."""
    before = shared.told("switches")
    yield shared
    shared.tell("faults", faults=[])
    shared.tell("switches", **before)
    shared.tell("scope", scope=1)
    shared.tell("key", api_key=KEY)
    shared.tell("limits", plan="unlimited", share=0, burst=False)
    shared.tell("clock", advance=1000)


def answers(report: ProbeReport) -> dict[str, str | None]:
    return {one.key: one.answer if one.told else None for one in report.findings}


def finding(report: ProbeReport, key: str) -> Finding:
    return next(one for one in report.findings if one.key == key)


def live(simulator: Simulator) -> list[int]:
    """Numbers from the newest change to the oldest."""
    rows = simulator.get("/tickets", updated_since="2000-01-01", order_by="updated_at", per_page=100).json()
    return [row["id"] for row in rows]


def lived(simulator: Simulator, switches: dict[str, Any]) -> None:
    """Something of everything happens to young tickets, and a day passes: the file of activities is there."""
    new = live(simulator)
    simulator.tell("switches", **switches | {"admin_key": True, "new_fields": False, "offset_times": False})
    edited, cut, filed, noted = [number for number in new[:10] if simulator.get(f"/tickets/{number}/conversations").json()][:4]
    tagged, trashed, spam, first, second = new[10:15]
    answer = simulator.api.post(f"/api/v2/tickets/{noted}/notes", json={"body": COMMENT})
    assert answer.status_code == 201
    for change in (
        {"op": "tags", "ticket": tagged}, {"op": "trash", "ticket": trashed}, {"op": "spam", "ticket": spam},
        {"op": "merge", "into": first, "tickets": [second]}, {"op": "edit_entry", "ticket": edited},
        {"op": "delete_entry", "ticket": cut}, {"op": "attach", "ticket": filed}, {"op": "touch", "tickets": new[20:24]},
        {"op": "archive", "tickets": [4, 5, 6, 7]},
    ):  # fmt: skip
        simulator.update(**change)
    simulator.tell("clock", advance=17 * 3600)
    simulator.tell("switches", **switches)


@pytest.mark.parametrize("way", [0, 1])
def test_what_a_read_can_tell_is_told_both_ways(way: int) -> None:
    with account() as simulator:
        lived(simulator, (ONE_WAY, OTHER_WAY)[way])
        report, _ = probe(simulator)
    found = answers(report)
    assert report.ended == "complete"
    assert {key: found[key] for key in EXPECTED} == {key: pair[way] for key, pair in EXPECTED.items()}
    assert {key for key in BY_NO_READ if found[key] is not None} == set()
    assert [one.key for one in report.findings if not one.told and not one.why] == []
    assert set(found) == set(EXPECTED) | BY_NO_READ | {"list_lag", "scope_answer"}


@pytest.mark.parametrize(("unstable", "answer"), [(False, "yes, as far as seen"), (True, "no")])
def test_tickets_of_one_second_are_listed_again(calm: Simulator, unstable: bool, answer: str) -> None:
    calm.tell("switches", unstable_ties=unstable)
    calm.update(op="touch", tickets=live(calm)[:20])
    found = finding(probe(calm)[0], "tie_order")
    assert found.answer == answer
    assert found.evidence["seconds_compared"] >= 1


@pytest.mark.parametrize(("lag", "answer"), [(0.0, "no lag seen"), (30.0, "yes")])
def test_a_list_that_lags_is_seen_just_after_a_change(calm: Simulator, lag: float, answer: str) -> None:
    assert answers(probe(calm)[0])["list_lag"] is None, "nothing was written lately"
    calm.tell("switches", list_lag=lag)
    calm.update(op="reply", ticket=live(calm)[0])
    assert answers(probe(calm)[0])["list_lag"] == answer


def test_a_new_ticket_that_the_list_does_not_show_is_lag_too(calm: Simulator) -> None:
    calm.tell("switches", list_lag=30.0)
    calm.update(op="create")
    found = finding(probe(calm)[0], "list_lag")
    assert (found.answer, found.evidence["unlisted_newest"]) == ("yes", 1)


@pytest.mark.parametrize(("status", "answer"), [(404, None), (403, "403")])
def test_a_narrow_key_shows_what_it_is_answered_for_the_rest(calm: Simulator, status: int, answer: str | None) -> None:
    calm.tell("scope", scope=3)
    calm.tell("switches", scope_answer=status)
    found = finding(probe(calm)[0], "scope_answer")
    assert found.answer == (answer or "")
    assert found.evidence["statuses"] == [f"{status} x 4"]


@pytest.mark.parametrize(
    ("switches", "body", "told"), [({}, "empty", "yes"), ({"retry_after": False, "limit_body_html": True}, "HTML", "no")]
)
def test_a_429_that_comes_is_waited_for_once_and_described(
    calm: Simulator, switches: dict[str, bool], body: str, told: str
) -> None:
    calm.tell("switches", **switches)
    calm.tell("limits", plan="2000", eat=2000)
    report, lines = probe(calm)
    assert report.ended == "complete"
    assert (answers(report)["body_429"], answers(report)["retry_after"]) == (body, told)
    assert any("waiting" in line for line in lines)
    assert [row["status"] for row in calm.told("log")["requests"]].count(429) == 1


def test_an_account_that_always_asks_to_wait_is_left_alone(calm: Simulator) -> None:
    calm.tell("faults", faults=[{"kind": "429", "path": "/api/v2/tickets", "rate": 1.0}])
    report, _ = probe(calm)
    assert report.ended == "asked_to_wait"
    assert report.calls == 6  # four about the key, one, and the same once more
    assert answers(report)["agents_readable"] == "yes"
    assert finding(report, "body_404").why == "not come to"


def test_a_trial_keeps_the_larger_part_of_its_minutes(calm: Simulator) -> None:
    refused = calm.told("limits")["refused"]
    calm.tell("limits", plan="trial")
    report, lines = probe(calm)
    spent: Counter[int] = Counter()
    for row in calm.told("log")["requests"]:
        spent[int(row["at"] // 60)] += row["credits"]
    assert report.ended == "complete"
    assert max(spent.values()) <= 50 * SHARE
    assert calm.told("limits")["refused"] == refused
    assert sum("waiting" in line for line in lines) >= 1


def test_an_account_that_others_use_up_is_not_pressed(calm: Simulator) -> None:
    refused = calm.told("limits")["refused"]
    calm.tell("limits", plan="trial", share=0.9, burst=True)
    report, _ = probe(calm)
    assert report.ended == "too_busy"
    assert report.calls <= WAITS + 1
    assert calm.told("limits")["refused"] == refused


@pytest.mark.parametrize(
    ("switches", "key", "code"), [({}, "wrong", "invalid_credentials"), ({"suspended": True}, KEY, "account_suspended")]
)
def test_a_key_that_is_refused_ends_it_with_one_call(
    calm: Simulator, switches: dict[str, bool], key: str, code: str
) -> None:
    calm.tell("switches", lockout_after=2, **switches)
    with pytest.raises(CredentialsRejected) as caught:
        probe(calm, key)
    assert caught.value.code == code
    assert calm.told("log")["calls"] == 1


def test_a_key_revoked_midway_is_not_tried_again(calm: Simulator) -> None:
    calm.tell("script", rules=[{"after": 9, "of": "calls", "apply": [{"op": "key", "value": "another"}]}])
    with pytest.raises(CredentialsRejected):
        probe(calm)
    statuses = [row["status"] for row in calm.told("log")["requests"]]
    assert statuses == [*statuses[:-1], 401]
    assert len(statuses) == 10
    assert 401 not in statuses[:-1]


@pytest.mark.parametrize(
    ("fault", "ended"), [("500", "complete"), ("html_200", "complete"), ("empty", "complete"), ("reset_before", "unreachable")]
)
def test_answers_that_are_none_end_in_a_report(calm: Simulator, fault: str, ended: str) -> None:
    calm.tell("faults", faults=[{"kind": fault, "path": "/api/v2/tickets", "rate": 1.0}])
    report, _ = probe(calm)
    assert report.ended == ended
    assert [answers(report)[key] for key in ("tie_order", "archived_listed", "list_attachments")] == [None] * 3


def test_a_report_holds_nobodys_words() -> None:
    size = ("--account", "generated", "--tickets", "300", "--rough", "--now", NOW, "--plan", "unlimited")
    with running(*size) as simulator:
        lived(simulator, OTHER_WAY)
        report, lines = probe(simulator)
        text = report.model_dump_json() + "\n".join(lines)
        asked = {"updated_since": "2000-01-01", "order_by": "updated_at", "per_page": 100, "include": "requester"}
        rows = simulator.get("/tickets", **asked).json()
    words = [word for row in rows for word in (row["requester"]["name"], row["requester"]["email"], row["subject"])]
    assert len([word for word in words if word]) > 100
    assert [word for word in words if word and len(word) > 3 and word in text] == []
    assert [row["id"] for row in rows if f" {row['id']} " in text or f'"{row["id"]}"' in text] == []
    assert KEY not in text
    assert "@" not in text


def test_the_probe_has_no_word_but_get() -> None:
    """Nothing of it can send another verb: the one it sends is written where it is sent."""
    sent = []
    for path in sorted((ROOT / "apps/platforms/adapters/freshdesk/probing").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        sent += [ast.unparse(call.args[0]) for call in calls if call.func.attr == "send"]  # type: ignore[attr-defined]
        assert not {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & WRITES
    assert sent == ["'GET'", "'GET'"]


@pytest.mark.parametrize(
    ("names", "kind"),
    [(["added_tags", "removed_tags"], "tags"), (["note_deleted"], "note_delete"), (["status"], ""), (["tags", "merge"], "")],
)
def test_an_activity_is_known_by_its_words(names: list[str], kind: str) -> None:
    assert kind_of(names) == kind


def test_an_address_that_is_not_freshdesks_is_refused() -> None:
    with pytest.raises(BadInput):
        asyncio.run(probing.probe("https://freshdesk.example.com", KEY, frozenset(), lambda line: None))


def ask(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, settings: Any, *more: str) -> None:
    """The command in this process, the key on standard input."""
    settings.EGRESS_ALLOW_HOSTS = frozenset({simulator.url.removeprefix("http://")})
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n"))
    call_command("probe", "freshdesk", "--base-url", simulator.url, *more)


def test_the_command_tells_lines_or_one_object(
    calm: Simulator, monkeypatch: pytest.MonkeyPatch, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(calm, monkeypatch, settings, "--json")
    found = capsys.readouterr()
    assert ProbeReport.model_validate_json(found.out).ended == "complete"
    assert f"at most {price()[0]} calls worth {price()[1]} credits" in found.err.splitlines()[0]
    ask(calm, monkeypatch, settings)
    found = capsys.readouterr()
    assert "What body has a 405? empty; as answered [status 405, bytes 0" in found.out
    assert found.out.index("Told:") < found.out.index("Could not be told:") < found.out.index("Is a webhook signed?")


def test_the_command_says_what_is_wrong_with_a_key(
    calm: Simulator, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("wrong-one\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"\[invalid_credentials\] Check the key") as caught:
        ask(calm, monkeypatch, settings, "--api-key-file", str(tmp_path / "key"))
    assert "wrong-one" not in str(caught.value)
    (tmp_path / "key").write_text("\n", encoding="utf-8")
    for file in ("key", "none"):
        with pytest.raises(CommandError, match=r"\[key_missing\] Name a file"):
            ask(calm, monkeypatch, settings, "--api-key-file", str(tmp_path / file))


@pytest.mark.verify
def test_the_command_needs_no_site(calm: Simulator) -> None:
    """As somebody with a checkout and a key runs it: no keys of ours, no database, no cache. About 5 s."""
    environment = {"PATH": os.environ["PATH"], "EGRESS_ALLOW_HOSTS": calm.url.removeprefix("http://")}
    line = [sys.executable, "manage.py", "probe", "freshdesk", "--base-url", calm.url, "--json"]
    done = subprocess.run(line, input=KEY, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert ProbeReport.model_validate_json(done.stdout).ended == "complete"
