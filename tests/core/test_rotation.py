"""Keys change while everybody reads: 0 failed reads, everything under the new key, any kill is survived (SEC-2)."""

from __future__ import annotations

import base64
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command

from apps.core import crypto, rotation
from apps.core.crypto import SealBroken, parse_sealed
from apps.core.models import AuditEvent, CompanyKey
from apps.platforms.models import Connection
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"api_key": "key of the helpdesk"}


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


K1, K2 = f"k1:{new_key()}", f"k2:{new_key()}"


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    crypto.forget_keys()
    yield
    crypto.forget_keys()


def store(number: int, start: int = 0) -> None:
    for one in range(start, start + number):
        connection = Connection(platform="freshdesk", account=f"desk-{one}.example")
        connection.set_secrets(SECRETS)
        connection.save()


def opened() -> int:
    crypto.forget_keys()
    return sum(connection.secrets() == SECRETS for connection in Connection.objects.all())


def rotate(capsys: Any, *arguments: str, code: int = 0) -> dict[str, Any]:
    """rotate_keys for acme and globex in this process; its JSON object."""
    capsys.readouterr()
    try:
        call_command("rotate_keys", "--json", *arguments)
        ended = 0
    except SystemExit as exc:
        ended = int(exc.code or 0)
    printed = capsys.readouterr().out
    assert ended == code, printed
    return orjson.loads(printed)


@pytest.fixture
def two_companies(acme, globex, settings):
    """Three secrets each, under k1."""
    settings.MASTER_KEYS = K1
    for company in (acme, globex):
        with bind_company(company.binding()):
            store(3)
    return acme, globex


def test_rotation_puts_everything_under_the_newest_master_key_and_keeps_the_old_ring_reading(
    two_companies, settings, capsys
):
    settings.MASTER_KEYS = f"{K2},{K1}"
    first = rotate(capsys)
    assert (first["newest"], first["keys"], first["percent_under_newest"], first["rewrapped"]) == ("k2", 2, 100.0, 2)
    assert (first["values"], first["percent_sealed_anew"], first["complete"]) == (6, 100.0, True)
    assert "k1" in first["still_needed"]
    for ring in (K1, K2, f"{K2},{K1}"):
        settings.MASTER_KEYS = ring
        for company in two_companies:
            with bind_company(company.binding()):
                assert opened() == 3
    settings.MASTER_KEYS = f"{K2},{K1}"
    again = rotate(capsys)
    assert (again["rewrapped"], again["resealed"], again["complete"]) == (0, 0, True)


def test_retiring_leaves_nothing_that_the_old_master_key_opens(two_companies, settings, capsys):
    settings.MASTER_KEYS = f"{K2},{K1}"
    retired = rotate(capsys, "--retire")
    assert (retired["retired"], retired["complete"]) == (2, True)
    for company in two_companies:
        with bind_company(company.binding()):
            assert [list(key.wrapped) for key in CompanyKey.objects.all()] == [["k2"]]
            settings.MASTER_KEYS = K2
            assert opened() == 3
            settings.MASTER_KEYS = K1
            with pytest.raises(SealBroken):
                opened()
        settings.MASTER_KEYS = f"{K2},{K1}"


def test_new_data_keys_seal_every_value_again_and_a_repeated_run_goes_on_where_it_stopped(
    two_companies, settings, capsys
):
    acme, _globex = two_companies
    with bind_company(acme.binding()):
        before = {parse_sealed(text).key for text in Connection.objects.values_list("credentials", flat=True)}
    done = rotate(capsys, "--data-keys", "--older-than", "0")
    assert (done["renewed"], done["resealed"], done["values_to_seal_again"], done["complete"]) == (2, 6, 0, True)
    again = rotate(capsys, "--data-keys")  # the keys are younger than an hour: this run was done already
    assert (again["renewed"], again["resealed"]) == (0, 0)
    with bind_company(acme.binding()):
        after = {parse_sealed(text).key for text in Connection.objects.values_list("credentials", flat=True)}
        assert len(after) == 1 and not after & before
        assert opened() == 3
        assert CompanyKey.objects.count() == 2  # the old one opens what somebody read a moment ago
    assert rotate(capsys, "--retire")["retired"] == 0  # too early
    assert rotate(capsys, "--retire", "--grace", "0")["retired"] == 2
    with bind_company(acme.binding()):
        assert {key.hex for key in CompanyKey.objects.values_list("id", flat=True)} == after
        assert opened() == 3


def test_what_was_sealed_by_the_first_form_is_sealed_again_and_counted_until_then(in_acme, settings, capsys):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    settings.MASTER_KEYS = f"{K2},{K1}"
    store(1)
    master, bound = crypto.parse_keys(K1)["k1"], b"acme\x00platforms.connection.credentials"
    data_key, wrap_nonce, nonce = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
    body = wrap_nonce + AESGCM(master).encrypt(wrap_nonce, data_key, bound)
    body += nonce + AESGCM(data_key).encrypt(nonce, orjson.dumps(SECRETS), bound)
    Connection.objects.update(credentials="v1.k1." + base64.b64encode(body).decode())
    before = rotation.state("acme")
    assert (before["values_to_seal_again"], before["old_master_keys"]) == (1, {"k1": 2})
    assert opened() == 1
    assert rotation.reseal("acme").done == 1
    rotation.retire("acme", grace=timedelta())
    assert rotation.state("acme")["old_master_keys"] == {}
    settings.MASTER_KEYS = K2
    assert opened() == 1


def test_one_value_that_does_not_open_is_named_and_keeps_nothing_else_from_the_new_key(two_companies, settings, capsys):
    acme, _ = two_companies
    with bind_company(acme.binding()):
        broken = Connection.objects.first()
        Connection.objects.filter(pk=broken.pk).update(credentials=f"v2.{'0' * 32}.{'A' * 60}")
    done = rotate(capsys, "--data-keys", "--older-than", "0", code=1)
    assert done["complete"] is False
    assert done["trouble"] == {"acme": [f"platforms.connection.credentials {broken.pk}: key_destroyed"]}
    assert (done["resealed"], done["values_to_seal_again"]) == (5, 1)


def test_a_company_whose_master_key_is_lost_is_named_and_the_others_are_rotated(two_companies, settings, capsys):
    acme, globex = two_companies
    with bind_company(acme.binding()):
        CompanyKey.objects.update(wrapped={"k0": "AAAA"})
    settings.MASTER_KEYS = f"{K2},{K1}"
    done = rotate(capsys, code=1)
    assert done["trouble"] == {"acme": ["seal_broken"]}
    assert done["rewrapped"] == 1
    with bind_company(globex.binding()):
        assert opened() == 3


def test_the_run_is_in_the_audit_trail_and_progress_is_told(two_companies, settings, capsys):
    acme, _ = two_companies
    settings.MASTER_KEYS = f"{K2},{K1}"
    told = io.StringIO()
    call_command("rotate_keys", stderr=told, stdout=io.StringIO())
    steps = [line.split(":")[0].split() for line in told.getvalue().splitlines()]
    assert [step for step, _ in steps] == [f"{number}/{len(steps)}" for number in range(1, len(steps) + 1)]
    assert {"acme", "globex"} <= {name for _, name in steps}
    with bind_company(acme.binding()):
        assert AuditEvent.objects.get(event="keys_rotated").facts["rewrapped"] == 1


# With real processes and real commits.


def environment(ring: str) -> dict[str, str]:
    return os.environ | {"MASTER_KEYS": ring, "DJANGO_SETTINGS_MODULE": "config.settings.test"}


@contextmanager
def reader(name: str, ring: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.key_reader", name]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(ring), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def rotation_process(ring: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "rotate_keys", "--json", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(ring), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def rotated(ring: str, *arguments: str) -> dict[str, Any]:
    process = rotation_process(ring, *arguments)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, out + error
    return orjson.loads(out)


def under_load(superuser_url: str, *, values: int, kills: int, settle: float) -> None:
    """Old ring, new ring, retired ring: readers of each never fail, though rotation is killed again and again."""
    # The test run's own key stays in every ring: what other tests committed needs it.
    base = os.environ["MASTER_KEYS"].replace("k1:", "old:", 1)
    new = f"new:{new_key()}"
    name = f"keys-{os.urandom(4).hex()}"
    with companies(superuser_url, name), reader(name, base) as old:
        assert tell(old, f"plant {values}") == "planted"
        assert tell(old, "read") == "reading"
        for number in range(kills):
            process = rotation_process(f"{new},{base}", "--data-keys", "--older-than", "0")
            time.sleep(settle * random.Random(number).uniform(0.6, 1.6))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        done = rotated(f"{new},{base}", "--data-keys", "--older-than", "0")
        assert (done["percent_under_newest"], done["percent_sealed_anew"], done["complete"]) == (100.0, 100.0, True)
        told = [orjson.loads(tell(old, "stop"))]  # the last process with the old ring is gone …
        with reader(name, new) as newest:
            assert tell(newest, "read") == "reading"
            rotated(f"{new},{base}", "--retire")  # … so what only it could open may go
            told.append(orjson.loads(tell(newest, "stop")))
    assert [one["failed"] for one in told] == [[], []]
    assert all(one["reads"] > values for one in told), told


@pytest.fixture
def committing(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database without a transaction around the test: it would be too old when this ends."""
    with django_db_blocker.unblock():
        yield


def test_nobody_fails_to_read_while_keys_are_rotated(committing, superuser_url):
    under_load(superuser_url, values=40, kills=0, settle=1.0)


@pytest.mark.verify
def test_nobody_fails_to_read_while_rotation_is_killed_twenty_times(committing, superuser_url):
    under_load(superuser_url, values=1500, kills=20, settle=2.0)
