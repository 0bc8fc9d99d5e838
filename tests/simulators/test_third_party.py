"""Clients written by others for the real Freshdesk read the simulated one, unmodified, and find everything.

They are installed from the package index into venvs of this test's own, at the versions of third_party.txt and
third_party_tap.txt. All call https://acme.freshdesk.com: a proxy takes them to the simulator, which holds a
certificate for that name of an authority they are told to trust. Proxy and authority come by the environment, as for
any program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.strangers import index_silence, install
from tests.simulated import KEY, ROOT, fingerprint, running
from tests.simulators.certificates import write

HERE = Path(__file__).resolve().parent
DOMAIN = "acme.freshdesk.com"
pytestmark = pytest.mark.verify


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a venv with the strangers in it."""
    if reason := index_silence():
        pytest.skip(reason)
    return install(tmp_path_factory.mktemp("strangers") / "venv")


@pytest.fixture(scope="module")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Singer's tap, as a program."""
    if reason := index_silence():
        pytest.skip(reason)
    return install(tmp_path_factory.mktemp("tap") / "venv", HERE / "third_party_tap.txt").parent / "tap-freshdesk"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """The simulator behind its real name, and the environment in which programs find it there."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, certificate, key = write(folder, DOMAIN)
    tls = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with running("--account", "acme", "--plan", "unlimited", *tls) as simulator:
        command = [sys.executable, "-m", "tests.simulators.tunnel", simulator.url.rpartition(":")[2]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as proxy:
            assert proxy.stdout is not None
            try:
                yield simulator, {
                    "HTTPS_PROXY": f"http://127.0.0.1:{proxy.stdout.readline().strip()}", "NO_PROXY": "",
                    "REQUESTS_CA_BUNDLE": str(authority), "PATH": os.environ["PATH"], "HOME": str(folder),
                    "RUNTIME__DLTHUB_TELEMETRY": "false",
                }  # fmt: skip
            finally:
                proxy.terminate()


def run(python: Path, environment: dict[str, str], program: str) -> Any:
    command = [str(python), str(HERE / "strangers" / program), DOMAIN, KEY]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=environment["HOME"], check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return orjson.loads(done.stdout.splitlines()[-1])


def told(simulator: Any) -> dict[int, dict[str, Any]]:
    return {int(row["remote_id"]): row for row in simulator.told("truth")["tickets"]}


def test_the_rest_source_of_dlt_finds_every_ticket_and_entry(python: Path, account: tuple[Any, dict[str, str]]) -> None:
    simulator, environment = account
    truth = {number: row for number, row in told(simulator).items() if row["state"] == "live"}
    found = run(python, environment, "with_dlt.py")
    assert {int(number): fingerprint(text) for number, text in found["tickets"].items()} == {
        number: row["description_sha256"] for number, row in truth.items()
    }
    assert {number: fingerprint(text) for number, text in found["conversations"].items()} == {
        one["remote_id"]: one["text_sha256"] for row in truth.values() for one in row["messages"]
    }
    assert {name: found["counts"][name] for name in ("groups", "agents", "contacts")} == {
        "groups": 4, "agents": 7, "contacts": 98,
    }  # fmt: skip
    log = simulator.told("log")
    assert {row["status"] for row in log["requests"]} == {200}
    assert all("dlt" in row["caller"] for row in log["requests"])


def test_the_tap_of_singer_finds_every_ticket_and_entry(
    tap: Path, account: tuple[Any, dict[str, str]], tmp_path: Path
) -> None:
    """It discovers its streams, is told to take all of them, and runs. About 20 s with its installation."""
    simulator, environment = account
    simulator.control.delete("/__sim/log")
    truth = told(simulator)
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    known = {"api_key": KEY, "domain": "acme", "start_date": "2000-01-01T00:00:00Z", "user_agent": "tap-freshdesk"}
    config.write_bytes(orjson.dumps(known))
    found = orjson.loads(tapped(tap, environment, "--config", str(config), "--discover"))
    for stream in found["streams"]:
        for one in stream["metadata"]:
            one["metadata"]["selected"] = True
    catalog.write_bytes(orjson.dumps(found))
    lines = tapped(tap, environment, "--config", str(config), "--catalog", str(catalog)).splitlines()
    records: dict[str, dict[str, Any]] = {}
    for row in map(orjson.loads, lines):
        if row["type"] == "RECORD":
            records.setdefault(row["stream"], {})[str(row["record"]["id"])] = row["record"]
    assert records["tickets"].keys() == {str(number) for number in truth}, "the live, the spam and the trash"
    assert {number: fingerprint(row["body_text"]) for number, row in records["conversations"].items()} == {
        one["remote_id"]: one["text_sha256"] for row in truth.values() if row["state"] == "live" for one in row["messages"]
    }, "threads of spam and trash it does not ask for"
    assert {name: len(records[name]) for name in ("groups", "agents", "contacts", "roles")} == {
        "groups": 4, "agents": 7, "contacts": 98, "roles": 3,
    }  # fmt: skip
    log = simulator.told("log")
    assert {row["status"] for row in log["requests"]} == {200}
    assert {row["method"] for row in log["requests"]} == {"GET"}


def tapped(tap: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([str(tap), *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_python_freshdesk_reads_and_writes(python: Path, account: tuple[Any, dict[str, str]]) -> None:
    simulator, environment = account
    truth = told(simulator)
    numbers = {
        state: sorted(number for number, row in truth.items() if row["state"] == state)
        for state in ("live", "spam", "trashed")
    }
    found = run(python, environment, "with_python_freshdesk.py")
    assert (found["tickets"], found["spam"], found["trash"]) == (numbers["live"], numbers["spam"], numbers["trashed"])
    assert {"open", "pending", "closed", "status_9", "status_14"} <= set(found["statuses"])
    for number, entries in found["comments"].items():
        assert [str(one) for one in entries] == [one["remote_id"] for one in truth[int(number)]["messages"]]
    assert found["sources"] == ["note", "reply"]
    assert found["view"][2] is True
    assert (found["me"], found["agents"], found["roles"], found["contacts"]) == ("mara@acme.example", 7, 3, 98)
    assert found["groups"] == ["Billing", "Hardware", "Orders and delivery", "Wholesale"]
    assert {"cf_product", "status", "subject"} <= set(found["fields"])
    articles = {int(row["remote_id"]) for row in simulator.told("truth")["articles"]}
    assert set(found["articles"]) <= articles
    assert len(found["articles"]) > 60
    assert found["german"] > 0
    assert found["found"] == len([row for row in truth.values() if row["state"] == "live" and row["status"] in (2, 3)])
    assert (found["note"], found["changed"]) == (["a note", True], "urgent")
    assert [one[0] for one in found["refusals"]] == ["FreshdeskNotFound", "FreshdeskBadRequest", "FreshdeskUnauthorized"]
    assert "It should be one of these values" in found["refusals"][1][1]
    assert found["refusals"][2][1] == "You have to be logged in to perform this action."
