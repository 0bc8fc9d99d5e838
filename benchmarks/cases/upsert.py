"""Storing tickets in the mirror, beside raw COPY of the same rows and Django's bulk_create."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction

from apps.core.ids import uuid7s
from apps.ingest.sql import MIRRORED, TICKET_COLUMNS, upsert_tickets
from apps.platforms.models import Connection, Ticket
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from benchmarks.company import company_named, ticket_rows
from benchmarks.measure import Cost, Server, alternate, best, middle_wall

GOAL, GOAL_OF_BULK, BULK = 0.6, 2.5, 1000
FLOOR, KEYLESS = "public.floor_ticket", "public.floor_ticket_keyless"
COPIED = ", ".join(("id", *TICKET_COLUMNS, "thread_version", "message_count", "company_id"))
TAGS, HASH = TICKET_COLUMNS.index("tags"), TICKET_COLUMNS.index("raw_hash")
UPDATED = [name for name in TICKET_COLUMNS if name not in ("connection_id", "remote_id")]


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Rows a second: new ones, all of them again, one in a hundred changed; beside COPY and bulk_create."""
    company = company_named("bench-upsert")
    size, rounds = (200, 1) if short else (10_000, 5)
    with bind_company(company.binding()):
        account = Connection.objects.create(platform="freshdesk", account="bench", credentials="").pk
    server = Server(urls["superuser"])
    with psycopg.connect(urls["superuser"]) as raw:
        _make_floors(raw)
        copy, keyless = (_copy(raw, table, company, account, size) for table in (FLOOR, KEYLESS))
        found = alternate(server, rounds, ours=_ours(company, account, size), copy=copy, keyless=keyless)
        raw.execute(f"DROP TABLE {FLOOR}, {KEYLESS}")
    found |= alternate(server, rounds, again=_again(company, account, size))
    found |= alternate(server, rounds, changed=_changed(company, account, size))
    few = min(size, BULK)  # it is slow
    found |= alternate(server, max(1, rounds // 2), bulk=_bulk(company, account, few))
    return _line(found, {"bulk": few}, size)


def _make_floors(raw: psycopg.Connection) -> None:
    """Tables with the columns, indexes and checks of ours; one has its foreign keys too. No walls."""
    for table in (FLOOR, KEYLESS):
        raw.execute(f"CREATE TABLE {table} (LIKE c_bench_upsert.platforms_ticket INCLUDING ALL)")
    keys = raw.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'c_bench_upsert.platforms_ticket'::regclass AND contype = 'f'"
    ).fetchall()
    for (key,) in keys:
        raw.execute(f"ALTER TABLE {FLOOR} ADD {key}")
    raw.commit()


def _ours(company: Company, account: UUID, size: int) -> Callable[[], None]:
    pages = count()

    def work() -> None:
        with bind_company(company.binding()), transaction.atomic():
            assert len(upsert_tickets(ticket_rows(account, size, start=next(pages) * size))) == size

    return work


def _copy(raw: psycopg.Connection, table: str, company: Company, account: UUID, size: int) -> Callable[[], None]:
    """The least anybody can do: the same rows with such ids, in the same form, straight into the table."""
    pages, types = count(), [*MIRRORED[0].types, "text", "int4", "text"]
    types[1 + TAGS] = "bytea"  # sent as jsonb's binary form

    def work() -> None:
        rows = ticket_rows(account, size, start=next(pages) * size)
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({COPIED}) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(types)
            for key, row in zip(uuid7s(size), rows, strict=True):
                copy.write_row((key, *row[:TAGS], b"\x01[]", *row[TAGS + 1 :], "", 0, company.company_id))
        raw.commit()

    return work


def _again(company: Company, account: UUID, size: int) -> Callable[[], None]:
    def work() -> None:
        with bind_company(company.binding()), transaction.atomic():
            assert upsert_tickets(ticket_rows(account, size)) == []

    return work


def _changed(company: Company, account: UUID, size: int) -> Callable[[], None]:
    """One row in a hundred differs from what is stored."""
    editions = count(1)

    def work() -> None:
        mark = f"{next(editions):064}"
        rows = [(*row[:HASH], mark, *row[HASH + 1 :]) if int(row[1]) % 100 == 0 else row for row in ticket_rows(account, size)]
        with bind_company(company.binding()), transaction.atomic():
            assert len(upsert_tickets(rows)) == size // 100

    return work


def _bulk(company: Company, account: UUID, size: int) -> Callable[[], None]:
    pages = count(1000)

    def work() -> None:
        rows = ticket_rows(account, size, start=next(pages) * size)
        with bind_company(company.binding()), transaction.atomic():
            Ticket.objects.bulk_create(
                [Ticket(**dict(zip(TICKET_COLUMNS, row, strict=True)) | {"tags": []}) for row in rows],
                batch_size=1000, update_conflicts=True, unique_fields=["connection_id", "remote_id"], update_fields=UPDATED,
            )  # fmt: skip

    return work


def _line(found: dict[str, list[Cost]], sizes: dict[str, int], size: int) -> dict[str, Any]:
    rate = {name: sizes.get(name, size) / best(costs).wall for name, costs in found.items()}
    micro = {name: round(best(costs).cpu / sizes.get(name, size) * 1e6, 1) for name, costs in found.items()}
    ratio, of_bulk = rate["ours"] / rate["copy"], rate["ours"] / rate["bulk"]
    return {
        "name": "upsert", "ours": round(rate["ours"]), "unit": "rows a second, best of the rounds",
        "reference": round(rate["copy"]), "reference_name": "raw COPY into a table with the same indexes and keys",
        "ratio": round(ratio, 2), "goal": f">= {GOAL} of COPY, >= {GOAL_OF_BULK} x bulk_create",
        "ok": ratio >= GOAL and of_bulk >= GOAL_OF_BULK,
        "median_ratio": round(middle_wall(found["copy"]) / middle_wall(found["ours"]), 2),
        "ratio_without_foreign_keys": round(rate["ours"] / rate["keyless"], 2),
        "cpu_us_a_row": micro["ours"], "reference_cpu_us_a_row": micro["copy"],
        "cpu_ratio": round(micro["copy"] / micro["ours"], 2),
        "again_rows_a_second": round(rate["again"]), "again_cpu_us_a_row": micro["again"],
        "changed_1_percent_rows_a_second": round(rate["changed"]), "changed_1_percent_cpu_us_a_row": micro["changed"],
        "bulk_create_rows_a_second": round(rate["bulk"]), "bulk_create_cpu_us_a_row": micro["bulk"],
        "times_bulk_create": round(of_bulk, 2),
    }  # fmt: skip
