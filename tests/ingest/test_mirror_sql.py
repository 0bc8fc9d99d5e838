"""The COPY upserts say the right types, escape nothing themselves and keep what the guard protects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.core.ids import uuid7
from apps.ingest.sql import MIRRORED, TICKET_COLUMNS, upsert_tickets
from apps.platforms.models import Connection, Ticket

THEN = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = {"character varying": "text", "text": "text", "jsonb": "text", "uuid": "uuid", "boolean": "bool",
         "smallint": "int2", "integer": "int4", "bigint": "int8", "timestamp with time zone": "timestamptz"}  # fmt: skip


@pytest.mark.parametrize("what", MIRRORED, ids=lambda what: what.table)
def test_the_types_are_those_of_the_table(in_acme, what):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            [what.table],
        )
        real = {name: NAMES[kind] for name, kind in cursor.fetchall()}
    assert what.types == [real[name] for name in ("id", *what.columns)]


@pytest.fixture
def account(in_acme):
    return Connection.objects.create(platform="freshdesk", account="acme.example", credentials="")


def row(account, remote_id="1", **overrides):
    values = dict.fromkeys(TICKET_COLUMNS, "") | {
        "connection_id": account.pk, "remote_id": remote_id, "state": "live", "deleted": False, "status_category": "open",
        "priority": 2, "group_id": None, "agent_id": None, "customer_id": None, "firm_id": None, "tags": '["a", "b\\\\c"]', "due_by": None,
        "created_at": THEN, "updated_at": THEN, "raw_hash": "0",
    }  # fmt: skip
    return tuple((values | overrides)[name] for name in TICKET_COLUMNS)


def test_text_times_and_tags_arrive_as_they_were(account):
    hard = 'tab\t line\n back\\slash "quote" \\N \\. ,; 한국어 \U0001f3a7'
    upsert_tickets([row(account, subject=hard, group_id=(group := uuid7()), due_by=THEN + timedelta(hours=1))])
    stored = Ticket.objects.get()
    assert (stored.subject, stored.tags, stored.group_id) == (hard, ["a", "b\\c"], group)
    assert (stored.due_by, stored.updated_at) == (THEN + timedelta(hours=1), THEN)


def test_a_row_named_twice_counts_once_and_the_last_one_wins(account):
    written = upsert_tickets([row(account, subject="first"), row(account, subject="second")])
    assert len(written) == 1
    assert Ticket.objects.get().subject == "second"


def test_an_unchanged_row_is_not_written_and_an_older_one_never(account):
    [(ticket_id, _category, remote_id)] = upsert_tickets([row(account, subject="new")])
    assert upsert_tickets([row(account, subject="other")]) == []
    assert upsert_tickets([row(account, subject="old", raw_hash="1", updated_at=THEN - timedelta(seconds=1))]) == []
    assert upsert_tickets([row(account, subject="newer", raw_hash="2", status_category="solved")]) == [
        (ticket_id, "solved", remote_id)
    ]
    assert Ticket.objects.get().subject == "newer"


def test_a_row_without_text_keeps_the_language_known(account):
    upsert_tickets([row(account, language="de")])
    upsert_tickets([row(account, language="", raw_hash="1")])
    assert Ticket.objects.get().language == "de"
