"""verify_audit finds every manipulation of a trail and says where; the second store, the export."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import orjson
import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.compliance import heads, proving
from apps.compliance.proving import prove
from apps.compliance.tasks import keep_heads
from apps.core.audit import record
from apps.core.chain import content, key_of, link, ring
from apps.tenancy.context import bind_company
from tests.isolation.companies import companies

WHO = "user:01890000-0000-7000-8000-000000000001"
COUNT = 30


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker, superuser_url):
    """A company with 30 committed entries, and a copy of them."""
    with django_db_blocker.unblock(), companies(superuser_url, "proof") as (made,):
        with bind_company(made.binding()):
            for number in range(COUNT):
                record(
                    "connection_saved", principal=WHO, subject=f"ticket:{number}", platform="freshdesk", change="added"
                )
        with psycopg.connect(superuser_url) as admin:
            admin.execute("CREATE TABLE c_proof.pristine AS SELECT * FROM c_proof.core_auditevent")
        yield made


@pytest.fixture
def trail(company, superuser_url, settings, tmp_path, django_db_blocker):
    """trail(sql) manipulates as a superuser who switches triggers off; afterwards everything is as before."""
    settings.AUDIT_HEADS_DIR = str(tmp_path / "heads")
    columns = "id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id"

    def manipulate(*statements: str) -> None:
        with psycopg.connect(superuser_url) as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute("SET search_path TO c_proof")
            for statement in statements:
                admin.execute(statement)

    with django_db_blocker.unblock(), bind_company(company.binding()):
        heads.keep_head()
        yield manipulate
    manipulate(
        "TRUNCATE core_auditevent",
        f"INSERT INTO core_auditevent ({columns}) SELECT {columns} FROM pristine",
    )


def found() -> list[tuple[str, int]]:
    proof = prove()
    assert proof.ok == (not proof.findings)
    return [(one.kind, one.seq) for one in proof.findings]


def test_an_untouched_trail_is_whole(trail):
    proof = prove()
    assert proof.ok, proof.findings
    assert (proof.entries, proof.first, proof.last, proof.heads) == (COUNT, 1, COUNT, 1)


@pytest.mark.parametrize(
    "change",
    [
        "event = 'signed_in'", "principal = 'user:' || repeat('A', 22)", "subject = 'ticket:99'", "request_id = 'x'",
        "facts = facts || '{\"platform\": \"other\"}'", "facts = '{}'", "at = at + interval '1 microsecond'", "at = 'infinity'",
        "id = gen_random_uuid()", "prev = set_byte(prev, 0, get_byte(prev, 0) # 1)",
        "mac = set_byte(mac, 31, get_byte(mac, 31) # 1)", "mac = ''", "prev = ''", "subject = E'a\\tb\\\\c\\nd'",
    ],
)  # fmt: skip
def test_1_a_flipped_byte_in_any_column(trail, change):
    trail(f"UPDATE core_auditevent SET {change} WHERE seq = 12")
    assert ("changed", 12) in found()
    assert {seq for _, seq in found()} <= {12, 13}


def test_2_a_deleted_entry(trail):
    trail("DELETE FROM core_auditevent WHERE seq = 12")
    assert found() == [("missing", 12)]


def test_2_deleted_and_the_rest_numbered_anew(trail):
    trail("DELETE FROM core_auditevent WHERE seq = 12", "UPDATE core_auditevent SET seq = -seq WHERE seq > 12",
          "UPDATE core_auditevent SET seq = -seq - 1 WHERE seq < 0")  # fmt: skip
    assert found()[0] == ("changed", 12)


def test_2_the_first_entries_deleted(trail):
    trail("DELETE FROM core_auditevent WHERE seq <= 3")
    assert found() == [("missing", 1)]


def test_3_an_inserted_entry(trail):
    trail(
        "UPDATE core_auditevent SET seq = -seq WHERE seq > 12",
        "UPDATE core_auditevent SET seq = -seq + 1 WHERE seq < 0",
        "INSERT INTO core_auditevent (id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id)"
        " SELECT gen_random_uuid(), 13, at, event, principal, subject, request_id, facts, key_id, mac, mac, company_id"
        " FROM core_auditevent WHERE seq = 12",
    )
    assert found()[0] == ("changed", 13)


@pytest.mark.parametrize("batch", [100_000, 12])
def test_3_a_second_entry_with_the_same_number(trail, batch, monkeypatch):
    entries = proving.entries
    monkeypatch.setattr(proving, "entries", lambda: entries(batch=batch))
    trail(
        "ALTER TABLE core_auditevent DROP CONSTRAINT core_auditevent_seq_dbfdc3bd_uniq",
        "INSERT INTO core_auditevent (id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id)"
        " SELECT gen_random_uuid(), 12, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id"
        " FROM core_auditevent WHERE seq = 12",
    )
    kinds = {kind for kind, _ in found()}
    trail("DELETE FROM core_auditevent WHERE seq = 12",
          "ALTER TABLE core_auditevent ADD CONSTRAINT core_auditevent_seq_dbfdc3bd_uniq UNIQUE (seq)")  # fmt: skip
    assert "inserted" in kinds


def test_4_two_entries_in_the_other_order(trail):
    trail("UPDATE core_auditevent SET seq = -seq WHERE seq IN (12, 13)",
          "UPDATE core_auditevent SET seq = 25 + seq WHERE seq IN (-12, -13)")  # fmt: skip
    assert found()[:2] == [("changed", 12), ("changed", 13)]


def test_5_a_truncated_tail(trail):
    trail("DELETE FROM core_auditevent WHERE seq > 27")
    assert found() == [("cut", 28)]


def test_5_everything_gone(trail):
    trail("TRUNCATE core_auditevent")
    assert found() == [("cut", 1)]


def test_6_an_old_copy_put_back_and_carried_on(trail):
    """The copy is genuine and what follows is sealed by us: only the second store knows better."""
    trail("DELETE FROM core_auditevent WHERE seq > 20")
    for _ in range(15):
        record("signed_in", principal=WHO)
    assert found() == [("rewritten", COUNT)]


def test_an_entry_of_another_company_does_not_fit(trail):
    """Sealed with the right master key, for somebody else."""
    key = ring().newest
    body = content("acme", 31, "01890000-0000-7000-8000-000000000031", 0, "signed_in", "", "", "", {}, key)
    mac = link(key_of("entries", "acme", key), bytes(32), body).hex()
    trail(
        "INSERT INTO core_auditevent (id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id)"
        f" SELECT '01890000-0000-7000-8000-000000000031', 31, to_timestamp(0), 'signed_in', '', '', '', '{{}}', '{key}', mac,"
        f" '\\x{mac}', company_id FROM core_auditevent WHERE seq = 30"
    )
    assert found() == [("changed", 31)]


def test_a_key_that_is_gone_is_told_once_and_is_not_whole(trail):
    trail("UPDATE core_auditevent SET key_id = 'lost' WHERE seq > 12")
    assert found() == [("key_unknown", 13)]


def test_many_findings_are_counted_and_the_first_are_told(trail):
    trail("UPDATE core_auditevent SET event = 'signed_in'")
    proof = prove()
    assert (proof.found, len(proof.findings)) == (COUNT, proving.SHOWN)


def test_a_changed_line_of_the_second_store_is_found(trail, company):
    file = heads._file()
    record("signed_in")
    heads.keep_head()
    whole = file.read_bytes()
    for broken in (whole.replace(b'"seq":30', b'"seq":29'), whole.splitlines(keepends=True)[1], whole + b"nonsense\n"):
        file.write_bytes(broken)
        assert ("heads_broken", 0) in found(), broken
    file.write_bytes(whole)
    assert found() == []


def test_a_head_is_kept_when_it_moved_or_a_day_has_passed(trail):
    assert heads.keep_head() is False
    assert heads.keep_head(now=datetime.now(UTC) + timedelta(days=1)) is True
    record("signed_in")
    assert heads.keep_head() is True
    assert [one.seq for one in heads.read_store().heads] == [COUNT, COUNT, COUNT + 1]
    assert heads._file().stat().st_mode & 0o077 == 0


def test_the_hourly_task_keeps_every_company_s_head(trail, company):
    record("signed_in")
    from apps.tenancy import context

    token = context._current.set(None)
    try:
        keep_heads()
    finally:
        context._current.reset(token)
    assert heads.read_store().last.seq == COUNT + 1


def test_the_command_says_what_and_where_and_fails(trail, settings, capsys):
    call_command("verify_audit", "proof", "--json")
    assert orjson.loads(capsys.readouterr().out)["ok"] is True
    trail("DELETE FROM core_auditevent WHERE seq = 12")
    environment = os.environ | {"AUDIT_HEADS_DIR": settings.AUDIT_HEADS_DIR}
    command = [sys.executable, "manage.py", "verify_audit", "proof", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    told = orjson.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    assert told["companies"][0]["findings"] == [{"kind": "missing", "seq": 12, "detail": "entry 12 is missing"}]
    settings.AUDIT_HEADS_DIR = ""
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", "proof", stdout=out)
    assert "entry 12 is missing" in out.getvalue() and "AUDIT_HEADS_DIR is not set" in out.getvalue()
    with pytest.raises(CommandError, match="--all"):
        call_command("verify_audit")


def test_the_export_can_be_proven_without_the_database_and_is_recorded(trail, tmp_path, capfdbinary):
    call_command("export_audit", "proof", stdout=StringIO(), stderr=StringIO())
    lines = [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, COUNT + 1))
    previous = bytes(32)
    for line in lines:
        at = datetime.fromisoformat(line["at"])
        micro = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        body = content("proof", line["seq"], line["id"], micro, line["event"], line["principal"], line["subject"],
                       line["request_id"], line["facts"], line["key_id"])  # fmt: skip
        previous = link(key_of("entries", "proof", line["key_id"]), previous, body)
        assert line["mac"] == previous.hex()
    assert found() == []
    file = tmp_path / "trail.jsonl"
    call_command("export_audit", "proof", "--output", str(file), "--json")
    assert orjson.loads(capfdbinary.readouterr().out) == {"entries": COUNT + 1, "first": 1, "last": COUNT + 1}
    assert orjson.loads(file.read_bytes().splitlines()[-1])["event"] == "audit_exported"
