"""record(): a chain that only grows, one entry after another, persons as pseudonyms."""

from __future__ import annotations

import hmac
import subprocess
import sys
from datetime import UTC, datetime
from threading import Thread

import orjson
import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from apps.core import audit
from apps.core.audit import record, record_sparingly
from apps.core.chain import GENESIS, KeyUnknown, Ring, content, key_of, link, linker, pseudonym, pseudonyms, ring
from apps.core.events import AUDIT_EVENTS
from apps.core.models import AuditEvent
from apps.tenancy.checks import wall_errors
from apps.tenancy.context import bind_company, name_principal
from tests.isolation.companies import companies

WHO = "user:01890000-0000-7000-8000-000000000001"


def seal_of(row: AuditEvent) -> bytes:
    """Written down once more, from what is stored, as docs say it."""
    body = orjson.dumps([
        "acme", row.seq, str(row.pk), round(row.at.timestamp() * 1_000_000), row.event, row.principal, row.subject,
        row.request_id, dict(sorted(row.facts.items())), row.key_id,
    ])  # fmt: skip
    return hmac.digest(key_of("entries", "acme", row.key_id), bytes(row.prev) + body, "sha256")


def test_entries_are_numbered_linked_and_sealed(in_acme):
    record("signed_in", principal=WHO)
    record(
        "connection_saved",
        subject="connection:01890000-0000-7000-8000-000000000002",
        platform="freshdesk",
        change="added",
    )
    record("audit_verified", entries=3, findings=0, ok=True)
    rows = list(AuditEvent.objects.order_by("seq"))
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [bytes(row.prev) for row in rows] == [GENESIS, bytes(rows[0].mac), bytes(rows[1].mac)]
    assert [bytes(row.mac) for row in rows] == [seal_of(row) for row in rows]


def test_every_field_is_sealed_and_so_is_the_company():
    whole = {"company_id": "acme", "seq": 1, "entry_id": "x", "at": 1, "event": "a", "principal": "b", "subject": "c",
             "request_id": "d", "facts": {"y": 1, "x": 2}, "key_id": "k"}  # fmt: skip
    sealed = link(b"k" * 32, GENESIS, content(**whole))
    others = {"seq": 2, "at": 2, "facts": {"y": 1}}
    for name in whole:
        assert link(b"k" * 32, GENESIS, content(**whole | {name: others.get(name, "other")})) != sealed, name
    assert content(**whole | {"facts": {"x": 2, "y": 1}}) == content(**whole)
    assert key_of("entries", "acme", ring().newest) != key_of("entries", "globex", ring().newest)


def test_sealing_many_is_sealing_one():
    for length in (0, 1, 63, 64, 300):
        assert linker(b"k" * 32)(GENESIS + b"x" * length) == link(b"k" * 32, GENESIS, b"x" * length).hex()


def test_persons_are_stored_as_pseudonyms_that_differ_by_company(in_acme):
    record("user_created", principal=WHO, subject=WHO, role="agent")
    row = AuditEvent.objects.get()
    assert row.principal == row.subject == pseudonym(WHO, "acme")
    assert row.principal != pseudonym(WHO, "globex")
    assert WHO.split(":")[1] not in f"{row.principal}{row.subject}{row.facts}"
    assert pseudonym("connection:x", "acme") == "connection:x", "what names no person stays"


def test_who_and_which_request_come_from_the_context(in_acme):
    import structlog

    with structlog.contextvars.bound_contextvars(request_id="0123456789abcdef"):
        name_principal(WHO)
        record("signed_in")
    row = AuditEvent.objects.get()
    assert (row.principal, row.request_id) == (pseudonym(WHO, "acme"), "0123456789abcdef")


def test_old_entries_stay_provable_after_a_change_of_keys(in_acme, settings):
    record("signed_in", principal=WHO)
    before = AuditEvent.objects.get()
    import base64

    new = "k9:" + base64.b64encode(b"9" * 32).decode()
    settings.MASTER_KEYS = f"{new},{settings.MASTER_KEYS}"
    record("signed_in", principal=WHO)
    rows = list(AuditEvent.objects.order_by("seq"))
    assert [row.key_id for row in rows] == [before.key_id, "master-k9"]
    assert [bytes(row.mac) for row in rows] == [seal_of(row) for row in rows]
    assert {row.principal for row in rows} <= set(pseudonyms(WHO, "acme"))
    settings.AUDIT_KEYS = new
    assert list(ring().keys)[0] == "k9"
    with pytest.raises(KeyUnknown):
        Ring({"a": bytes(32)}).key("entries", "acme", "b")


def test_only_declared_events_and_facts_are_taken(in_acme):
    with pytest.raises(ValueError, match="not declared"):
        record("something_new")
    with pytest.raises(ValueError, match="not declared"):
        record("signed_in", text="what they wrote")
    record("connection_saved", platform="mara@acme.example", change="added\nforged")
    assert AuditEvent.objects.get().facts == {"platform": "<str>", "change": "<str>"}
    assert AUDIT_EVENTS["signed_in"].fields == {"mode"}


def test_an_entry_cannot_be_written_inside_somebody_s_transaction():
    """The durable block refuses before anything is sent; pytest's own transaction is exempt, so ask a process."""
    script = (
        "import django; django.setup()\n"
        "from django.db import transaction\n"
        "from apps.core.audit import record\n"
        "from apps.tenancy.context import bind_company, Binding\n"
        "try:\n"
        "    with bind_company(Binding('c_acme', 'acme', 'local')), transaction.atomic():\n"
        "        record('signed_in')\n"
        "except RuntimeError as exc:\n"
        "    print(exc)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "durable" in done.stdout


def test_knocking_is_recorded_thirty_times_a_minute_then_counted(in_acme, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(audit.time, "monotonic", lambda: now[0])
    for _ in range(50):
        record_sparingly("tenant_mismatch", route="unknown")
    assert AuditEvent.objects.count() == 30
    now[0] += 61
    record_sparingly("tenant_mismatch", route="unknown")
    assert AuditEvent.objects.order_by("seq").last().facts == {"route": "unknown", "suppressed": 20}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET event = 'x'", "DELETE FROM core_auditevent", "TRUNCATE core_auditevent",
        "ALTER TABLE core_auditevent DISABLE TRIGGER ALL", "DROP TRIGGER core_auditevent_rows ON core_auditevent",
        "SET LOCAL session_replication_role = replica",
    ],
)  # fmt: skip
def test_the_serving_login_cannot_take_anything_back(in_acme, statement):
    record("signed_in")
    with pytest.raises(ProgrammingError, match="permission denied|must be owner|replica"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "statement", ["UPDATE core_auditevent SET event = 'x'", "DELETE FROM core_auditevent", "TRUNCATE core_auditevent"]
)
def test_the_owner_and_a_superuser_are_refused_too(chain_company, superuser_url, settings, statement):
    for url in (settings.MIGRATE_DATABASE_URL, superuser_url):
        with psycopg.connect(url) as owner:
            owner.execute(f"SET search_path TO {chain_company.schema_name}")
            owner.execute("SELECT set_config('app.company_id', %s, false)", [chain_company.company_id])
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"):
                owner.execute(statement)


def test_the_start_up_check_finds_a_trail_that_could_be_shortened(acme, superuser_url):
    for weaken in (
        "GRANT DELETE ON c_globex.core_auditevent TO deskhand_app",
        "ALTER TABLE c_globex.core_auditevent DISABLE TRIGGER core_auditevent_rows",
    ):
        with psycopg.connect(superuser_url) as admin:
            admin.execute(weaken)
            errors = wall_errors(admin.cursor())
            admin.rollback()
        assert "tenancy.E006" in {error.id for error in errors}, weaken


@pytest.fixture(scope="module")
def chain_company(django_db_setup, django_db_blocker, superuser_url):
    """A company whose entries are committed: outside the transactions of tests."""
    with django_db_blocker.unblock(), companies(superuser_url, "chain") as (company,):
        with bind_company(company.binding()):
            record("signed_in", principal=WHO)
        yield company


def test_many_writers_at_once_make_one_chain(chain_company, django_db_blocker):
    writers, each, failures = 8, 25, []

    def write() -> None:
        try:
            with bind_company(chain_company.binding()):
                for _ in range(each):
                    record("signed_in", principal=WHO)
        except Exception as exc:  # noqa: BLE001 - shown below
            failures.append(exc)
        finally:
            connection.close()

    with django_db_blocker.unblock():
        with bind_company(chain_company.binding()):
            before = AuditEvent.objects.count()
        threads = [Thread(target=write) for _ in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with bind_company(chain_company.binding()):
            rows = list(AuditEvent.objects.order_by("seq"))
    assert failures == []
    assert len(rows) == before + writers * each
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert all(bytes(one.mac) == bytes(two.prev) for one, two in zip(rows, rows[1:], strict=False))


def test_old_entries_are_sealed_by_the_migration(superuser_url, settings):
    """A schema at the version before, with entries of then, is brought up by the real command."""
    schema = "c_oldtrail"
    made = f"""SELECT set_config('app.company_id', 'oldtrail', false); SET search_path TO {schema};
        INSERT INTO core_auditevent (id, at, event, principal, subject, request_id, facts) VALUES
        (gen_random_uuid(), now(), 'signed_in', '{WHO}', '', 'old-request-id', '{{}}'),
        (gen_random_uuid(), now() - interval '1 day', 'user_created', '', '{WHO}', '', '{{"role": "agent"}}'),
        (gen_random_uuid(), now() - interval '1 hour', 'tenant_mismatch', '', '', '', '{{"path": "/mara@acme.example"}}')"""
    with psycopg.connect(settings.MIGRATE_DATABASE_URL, autocommit=True) as owner:
        owner.execute(f"CREATE SCHEMA {schema}")
        try:
            for target in ("core", "0001"), None:
                arguments = list(target or ())
                done = _manage("migrate_schemas", *arguments, f"--schema={schema}")
                assert done.returncode == 0, done.stderr
                if target:
                    owner.execute(made)
            rows = owner.execute(
                "SELECT seq, event, principal, subject, facts, request_id, prev, mac, key_id, id, at"
                f" FROM {schema}.core_auditevent ORDER BY seq"
            ).fetchall()
        finally:
            owner.execute(f"DROP SCHEMA {schema} CASCADE")
    assert [row[1] for row in rows] == ["user_created", "tenant_mismatch", "signed_in"]
    assert [row[4] for row in rows] == [{"role": "agent"}, {}, {}]
    assert rows[0][3] == rows[2][2] == pseudonym(WHO, "oldtrail")
    previous = GENESIS
    for seq, event, principal, subject, facts, request_id, prev, mac, key_id, entry_id, at in rows:
        body = content(
            "oldtrail", seq, str(entry_id), audit.microseconds(at), event, principal, subject, request_id, facts, key_id
        )
        assert prev == previous
        assert mac == link(key_of("entries", "oldtrail", key_id), previous, body)
        previous = mac


def _manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    import os

    environment = os.environ | {"DATABASE_LOGIN": "migrate"}
    return subprocess.run([sys.executable, "manage.py", *arguments], capture_output=True, text=True, env=environment)


def test_times_are_counted_in_whole_microseconds():
    assert audit.microseconds(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)) == 1767323045678901
