"""kill -9 of the provisioning worker before any line: no order is lost, none is done twice, none stays half done."""

from __future__ import annotations

import os
import subprocess
import sys

import orjson
import pytest

from tests.accounts.people import operator_company

SOME = 31  # a stride
CLOSE_SOME = 23  # closing has five times the lines, and writes the files of three stores anew each time
KINDS = {"open": 40, "claim": 70, "suspend": 40, "keep": 60}
CLOSE_LINES = 300  # lines an order takes at least; fewer would mean that nothing was watched


def killed(kind: str, stride: int, superuser_url: str, tmp_path) -> dict:
    environment = os.environ | {
        "DATABASE_LOGIN": "provision", "SUPERUSER_URL": superuser_url, "COUNT_FILE": str(tmp_path / "count"),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.killed_lines", kind, str(stride)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=7200)
    assert done.returncode == 0, done.stderr[-3000:]
    found = orjson.loads(done.stdout)
    assert found["bad"] == [], done.stderr[-3000:]
    return found


@pytest.fixture
def operators(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield operator_company()


@pytest.mark.parametrize("kind", ["open", "suspend"])
def test_a_worker_killed_at_some_lines_loses_nothing(kind, operators, superuser_url, tmp_path):
    found = killed(kind, SOME, superuser_url, tmp_path)
    assert found["lines"] >= KINDS[kind]
    assert found["kills"] >= found["lines"] // SOME


@pytest.mark.verify
@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_killed_at_every_line_loses_nothing(kind, operators, superuser_url, tmp_path):
    found = killed(kind, 1, superuser_url, tmp_path)
    assert found["kills"] == found["lines"] >= KINDS[kind]


@pytest.mark.verify
def test_a_company_that_is_closed_by_killed_workers_leaves_nothing(operators, superuser_url, tmp_path):
    found = killed("close", CLOSE_SOME, superuser_url, tmp_path)
    assert found["lines"] >= CLOSE_LINES
    assert found["kills"] >= found["lines"] // CLOSE_SOME


@pytest.mark.soak
def test_nor_whatever_line_they_are_killed_at(operators, superuser_url, tmp_path):
    found = killed("close", 1, superuser_url, tmp_path)
    sys.stderr.write(f"{found}\n")
    assert found["kills"] == found["lines"] >= CLOSE_LINES
