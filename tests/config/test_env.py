"""The environment: what may be named in EGRESS_ALLOW_HOSTS, and that a mistake tells no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.env import Env

GOOD = {
    "secret_key": "s" * 40, "master_keys": "k1:" + "m" * 44, "database_url": "postgresql://deskhand_app:pw-canary@db/deskhand",
    "redis_url": "redis://:pw-canary@127.0.0.1:6400/1", "broker_url": "redis://cache.internal/0",
    "qdrant_url": "http://127.0.0.1:6444", "public_url": "https://desk.example.org", "base_domain": "desk.example.org",
    "migrate_database_url": None, "qdrant_api_key": "key-canary",
}  # fmt: skip


def env(**change: object) -> Env:
    return Env(**GOOD | change)  # type: ignore[arg-type]


def test_hosts_are_exact_pairs_in_one_spelling() -> None:
    found = env(egress_allow_hosts=" Helpdesk.Example.org:8443, 10.0.0.7:80,[fd12::7]:443 ,")
    assert found.egress_hosts == {"helpdesk.example.org:8443", "10.0.0.7:80", "[fd12::7]:443"}


@pytest.mark.parametrize(
    "pair",
    [
        "helpdesk", "helpdesk:", ":80", "*.example.org:443", "*:80", "http://helpdesk:80", "helpdesk:80/path", "a@helpdesk:80",
        "helpdesk:0", "helpdesk:65536", "helpdesk:80-90", "10.0.0.0/8:80", "helpdesk:８０", "help desk:80", "fd12::7:80",
        "helpdesk.:80", "169.254.169.254:80", "[fe80::1]:80", "[::ffff:10.0.0.1]:80", "0.0.0.0:80", "100.100.100.200:80",
        "2130706433:80",
    ],
)  # fmt: skip
def test_patterns_ranges_and_what_is_no_helpdesk_are_refused(pair: str) -> None:
    with pytest.raises(ValidationError, match="is not host:port|can be no helpdesk"):
        env(egress_allow_hosts=f"helpdesk.example.org:443,{pair}")


@pytest.mark.parametrize(
    "pair",
    [
        "db:5432", "127.0.0.1:6400", "localhost:6400", "[::1]:6400", "cache.internal:6379", "127.0.0.1:6444",
        "desk.example.org:443", "acme.desk.example.org:443", "api.desk.example.org:443",
    ],
)  # fmt: skip
def test_the_site_itself_is_no_helpdesk(pair: str) -> None:
    with pytest.raises(ValidationError, match="EGRESS_ALLOW_HOSTS names"):
        env(egress_allow_hosts=pair)


@pytest.mark.parametrize(
    "change",
    [
        {"secret_key": "short-canary"}, {"egress_allow_hosts": "db:5432"}, {"db_pool_max": 0}, {"log_level": "LOUD"},
        {"master_keys": None}, {"egress_allow_hosts": "*"},
    ],
)  # fmt: skip
def test_what_is_said_of_a_mistake_quotes_no_secret(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        env(**change)
    assert "canary" not in str(caught.value)
    assert GOOD["master_keys"] not in str(caught.value)


def test_a_command_without_its_environment_says_which_variables_and_no_more() -> None:
    root = Path(__file__).resolve().parents[2]
    surroundings = {"PATH": os.environ["PATH"], "SECRET_KEY": "short-canary"}
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=root, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SECRET_KEY: " in done.stderr
    assert "MASTER_KEYS: Field required" in done.stderr
    assert "deploy/example.env" in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr
