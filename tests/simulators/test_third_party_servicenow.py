"""Clients written by others for the real ServiceNow read the simulated instance, unmodified, and find everything.

They are installed from the package index into a venv of this test's own, at the versions of third_party_servicenow.txt, and
call http://initech.service-now.com: the proxy of their environment is the simulator.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from benchmarks.strangers import index_silence, install
from tests.simulated_servicenow import PASSWORD, USER, Simulator, running

HERE = Path(__file__).resolve().parent
HOST = "initech.service-now.com"
pytestmark = pytest.mark.verify


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a venv with the strangers in it."""
    if reason := index_silence():
        pytest.skip(reason)
    return install(tmp_path_factory.mktemp("strangers") / "venv", HERE / "third_party_servicenow.txt")


@pytest.fixture(scope="module")
def instance() -> Iterator[Simulator]:
    with running("--account", "initech") as simulator:
        yield simulator


def run(python: Path, instance: Simulator, program: str) -> Any:
    environment = {"PATH": os.environ["PATH"], "HTTP_PROXY": instance.url, "NO_PROXY": "", "HOME": str(python.parent)}
    command = [str(python), str(HERE / "strangers" / program), HOST, USER, PASSWORD]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=python.parent, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return orjson.loads(done.stdout.splitlines()[-1])


def live(instance: Simulator) -> dict[str, dict[str, Any]]:
    return {row["remote_id"]: row for row in instance.told("truth")["tickets"] if row["state"] == "live"}


def test_pysnow_reads_and_writes(python: Path, instance: Simulator) -> None:
    truth = live(instance)
    found = run(python, instance, "with_pysnow.py")
    assert found["tickets"].keys() == truth.keys()
    assert found["entries"].keys() == {one["remote_id"] for row in truth.values() for one in row["messages"]}
    assert sorted(found["closed"]) == sorted(row["number"] for row in instance.rows("incident", "state=7^priorityIN1,2,3"))
    assert found["first"][0] in ("Closed", "Resolved", "In Progress", "On Hold", "Waiting for parts")
    assert found["made"] == ["1", "2", "2"], "a note and a state are two changes"
    assert (found["gone"], found["refusal"]) == ({"status": "record deleted"}, "NoResults")
    assert {row["status"] for row in instance.told("log")["requests"]} <= {200, 201, 204}


def test_snowloader_reads_threads_articles_and_files(python: Path, instance: Simulator) -> None:
    truth = instance.told("truth")
    found = run(python, instance, "with_snowloader.py")
    assert found["tickets"].keys() == live(instance).keys()
    said = {row["element_id"]: row["value"] for row in instance.rows("sys_journal_field", "element=comments")}
    assert all(value.split("\n")[0] in found["tickets"][key] for key, value in said.items())
    assert found["articles"].keys() >= {row["remote_id"] for row in truth["articles"]}
    assert len(found["files"]) == len(truth["attachments"]) > 0
