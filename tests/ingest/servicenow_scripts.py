"""Random scripts of what happens to a ServiceNow instance while it is read, and the mirror after each."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from django.utils import timezone

from apps.ingest.deadletters import revive
from apps.ingest.deletions import confirm_removals
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.streams import ensure_streams, hurry
from apps.platforms.adapters.servicenow.config import CASE
from apps.platforms.connecting import connect
from apps.platforms.models import Connection
from simulators.servicenow.__main__ import arguments, build
from simulators.servicenow.control import Control
from simulators.web import listen
from tests.ingest.test_scripts import READ, pass_time, read_all, read_some
from tests.ingest.test_sync import mirror
from tests.simulated_servicenow import API_KEY, CLIENT_ID, CLIENT_SECRET, PASSWORD, USER, Simulator

WAYS: tuple[dict[str, str], ...] = (
    {"auth": "basic", "user": USER, "password": PASSWORD},
    {"auth": "oauth_password", "user": USER, "password": PASSWORD, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    {"auth": "oauth_client", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    {"auth": "api_key", "api_key": API_KEY},
)
# (weight, event): ordinary life, then what is rarer
EVENTS: tuple[tuple[int, dict[str, Any]], ...] = (
    (12, {"op": "random", "random": 2}), (6, {"op": "comment", "random": 2}), (4, {"op": "attach", "random": 1}),
    (3, {"op": "create"}), (1, {"op": "import", "count": 60}), (2, {"op": "create", "table": "sn_customerservice_case"}),
    (3, {"op": "delete", "random": 1}), (1, {"op": "delete", "random": 1, "audited": False}), (2, {"op": "undelete", "random": 1}),
    (2, {"op": "archive", "random": 1}), (2, {"op": "edit_article", "random": 1}), (2, {"op": "version_article", "random": 1}),
    (2, {"op": "article_state", "random": 1}), (1, {"op": "expire_article", "random": 1}), (1, {"op": "article_criteria", "random": 1}),
    (1, {"op": "delete_article", "random": 1}), (1, {"op": "create_article"}), (4, {"op": "expire_tokens"}),
    (1, {"op": "expire_tokens", "refresh": True}), (2, {"op": "clock", "advance": 90}),
    (2, {"op": "faults", "faults": [{"kind": "503", "rate": 0.3, "most": 2}, {"kind": "truncated", "rate": 0.3, "most": 1}]}),
    (1, {"op": "faults", "faults": [{"kind": "html_200", "rate": 0.5, "most": 2}, {"kind": "reset_before", "rate": 0.3, "most": 1}]}),
    (1, {"op": "switches", "cancel_after_rows": 2, "cancel_from_rows": 40}), (1, {"op": "switches", "cancel_after_rows": 0}),
)  # fmt: skip


def script_of(dice: random.Random, events: int = 25) -> list[dict[str, Any]]:
    """Rules: some of those events, each after so many calls."""
    chosen = dice.choices([event for _, event in EVENTS], [weight for weight, _ in EVENTS], k=events)
    return [{"after": dice.randrange(2, 60), "of": "calls", "apply": [event]} for event in chosen]


def setting_of(dice: random.Random) -> dict[str, Any]:
    """How the instance is set up: what is closed to us, in which zone and language it displays, how strict it is."""
    return {
        "journals": dice.choice(("allowed", "allowed", "allowed", "forbidden", "empty")),
        "audit_delete": dice.choice(("allowed", "allowed", "forbidden", "empty")),
        "time_zone": dice.choice(("GMT", "Asia/Seoul")), "language": dice.choice(("en", "ko")),
        "invalid_query_no_rows": dice.random() < 0.5, "plugin_cases": dice.random() < 0.6, "plugin_criteria": dice.random() < 0.8,
        "client_credentials": True, "undelete_moves": dice.random() < 0.7, "file_moves_record": dice.random() < 0.7,
        "archive_in_audit": dice.random() < 0.3, "delete_takes_journals": dice.random() < 0.7,
    }  # fmt: skip


@contextmanager
def serving(tickets: int, seed: int) -> Iterator[Simulator]:
    """An instance that speaks HTTP from a thread of this process: a process of its own would take longer than a script."""
    login = ["--user", USER, "--password", PASSWORD, "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET, "--api-key", API_KEY]
    api = build(arguments(["--account", f"generated:{tickets}:{seed}", *login]))
    loop, urls, ready = asyncio.new_event_loop(), [], threading.Event()

    async def serve() -> None:
        for one in (api, Control(api, asyncio.Event())):
            server = await listen(one, "127.0.0.1", 0)
            urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        with (
            httpx2.Client(base_url=urls[0], auth=(USER, PASSWORD), headers={"accept": "application/json"}, trust_env=False, timeout=30) as mine,
            httpx2.Client(base_url=urls[1], trust_env=False, timeout=60) as control,
        ):
            yield Simulator(urls[0], mine, control)
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end() -> None:
    """Connections that are still open."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def follow(settings: Any, seed: int, tickets: int, *, rounds: int = 12) -> str:
    """One script, and what must hold after it. Returns the way threads were read."""
    dice = random.Random(seed)
    setting = setting_of(dice)
    with serving(tickets, seed + 1) as simulator:
        settings.EGRESS_ALLOW_HOSTS = simulator.hosts
        simulator.tell("switches", **setting)
        if dice.random() < 0.5:  # until the end: rights that come and go within a walk leave no trace of what they hid
            simulator.update(op="acl_share", share=0.15, seed=seed)
        connection, _ = connect(platform="servicenow", options={"base_url": simulator.url, **dice.choice(WAYS)})
        ensure_streams(connection)
        simulator.tell("script", rules=script_of(dice))
        for _ in range(rounds):
            pass_time()
            hurry(connection)
            if dice.random() < 0.1:
                Stream.objects.filter(kind=Stream.Kind.IDS).update(next_at=timezone.now())
            read_some(dice)
            if not simulator.told("script")["pending"]:
                break
        ended = simulator.tell("script/finish")
        assert ended["failed"] == []
        simulator.tell("switches", journals=setting["journals"])  # its end opens the journal: it stays as it was
        simulator.tell("clock", advance=2 * 86_400)  # all articles are read again
        assert Connection.objects.get().state == Connection.State.ACTIVE
        read_all(dice)
        for _ in range(2):
            revive()
            confirm_removals(connection)
            hurry(connection, full=True)
            read_all(dice)
        compare(simulator, by_ids=setting["journals"] == "allowed")
    return str(setting["journals"])


def compare(simulator: Simulator, *, by_ids: bool) -> None:
    """`by_ids`: of entries too. Where the journal is closed to us they have none of the instance's."""
    truth = simulator.told("truth")
    ours = mirror()
    hidden = set(truth["hidden"])
    closed = set() if simulator.told("switches")["plugin_cases"] else {CASE}  # the truth knows of them all the same
    theirs = {row["remote_id"]: row for row in truth["tickets"] if row["remote_id"] not in hidden and row["table"] not in closed}
    shown = {key: row for key, row in ours[0].items() if not row["deleted"]}
    assert set(shown) - set(theirs) == set(), "gone, and still shown"
    never = {key for key, row in theirs.items() if row["state"] == "archived"}  # before anybody had read it
    missing = {key: (theirs[key]["table"], theirs[key]["number"], theirs[key]["updated_at"], ours[0].get(key)) for key in set(theirs) - set(shown) - never}
    assert missing == {}, "there, and not shown"
    differ = {key: differences(row, theirs[key], by_ids=by_ids) for key, row in shown.items()}
    assert {key: row for key, row in differ.items() if row} == {}
    articles = {(row["remote_id"], row["language"]): row for row in truth["articles"]}
    mine = {key: row for key, row in ours[1].items() if not row["deleted"]}
    assert set(mine) == set(articles)
    assert {key: {name: (row[name], articles[key][name]) for name in row if row[name] != articles[key][name]} for key, row in mine.items()} == {key: {} for key in mine}
    assert list(DeadLetter.objects.values_list("kind", "code")) == []
    assert not Outbox.objects.filter(kind__in=READ).exists()


def differences(row: dict[str, Any], truth: dict[str, Any], *, by_ids: bool) -> dict[str, Any]:
    found = {name: (row[name], own(truth[name])) for name in row if name != "messages" and name in truth and row[name] != own(truth[name])}
    mine = [(one["remote_id"] if by_ids else "", one["private"], one["text_sha256"]) for one in row["messages"]]
    theirs = [(one["remote_id"] if by_ids else "", one["private"], one["text_sha256"]) for one in truth["messages"]]
    if truth["state"] != "archived" and (mine != theirs if by_ids else sorted(mine) != sorted(theirs)):
        found["messages"] = ([one for one in mine if one not in theirs], [one for one in theirs if one not in mine])
    return found


def own(value: Any) -> Any:
    """A number as the mirror exports it."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value
