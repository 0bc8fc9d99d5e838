"""Proving an audit trail of a million entries, beside HMAC-SHA256 over as many messages of that size."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg

from apps.compliance.proving import Proof, prove
from apps.core.audit import microseconds
from apps.core.chain import GENESIS, content, key_of, link, pseudonym, ring
from apps.core.ids import uuid7s
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from benchmarks.company import company_named
from benchmarks.measure import Server, alternate, best

GOAL_SECONDS, ENTRIES = 10.0, 1_000_000
KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("signed_in", "", {}),
    ("assistant_asked", "ticket:01890000-0000-7000-8000-000000000002", {"mode": "extractive", "outcome": "answered"}),
    ("draft_made", "ticket:01890000-0000-7000-8000-000000000003", {"mode": "extractive", "outcome": "reply"}),
    (
        "connection_saved",
        "connection:01890000-0000-7000-8000-000000000004",
        {"platform": "freshdesk", "change": "changed"},
    ),
)
COLUMNS = "id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac, company_id"


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """Seconds for the whole trail, on one core of ours and PostgreSQL's share of another."""
    size = 2000 if short else ENTRIES
    company = company_named("bench-proof")
    with psycopg.connect(urls["superuser"]) as admin:
        with (
            admin.cursor() as cursor,
            cursor.copy(f"COPY c_bench_proof.core_auditevent ({COLUMNS}) FROM STDIN") as copy,
        ):
            for row in _entries(company, size):
                copy.write_row(row)
        admin.commit()
        admin.autocommit = True
        admin.execute("VACUUM ANALYZE c_bench_proof.core_auditevent")
    proofs: list[Proof] = []

    def ours() -> None:
        with bind_company(company.binding()):
            proofs.append(prove())

    key, message = bytes(32), bytes(320)

    def floor() -> None:
        for _ in range(size):
            hmac.digest(key, message, "sha256")

    found = alternate(Server(urls["superuser"]), 1 if short else 3, ours=ours, floor=floor)
    assert all(proof.ok and proof.entries == size for proof in proofs), proofs[0]
    own, least = best(found["ours"]), best(found["floor"])
    return {
        "name": "audit_verify", "ours": round(own.wall, 3), "unit": f"s for {size} entries, best of the rounds",
        "reference": round(least.wall, 3), "reference_name": "HMAC-SHA256 over as many messages of 320 bytes",
        "ratio": round(own.wall / least.wall, 2), "goal": f"<= {GOAL_SECONDS} s for {ENTRIES}",
        "ok": own.wall <= GOAL_SECONDS, "worst_s": round(max(one.wall for one in found["ours"]), 3),
        "cpu_client_s": round(own.client, 3), "cpu_server_s": round(own.server, 3),
        "entries_a_second": round(size / own.wall), "hmac_a_second": round(size / least.wall),
    }  # fmt: skip


def _entries(company: Company, size: int) -> Iterator[tuple[Any, ...]]:
    """Sealed as record() seals them."""
    own, key_id, mac = company.company_id, ring().newest, GENESIS
    key = key_of("entries", own, key_id)
    people = [pseudonym(f"user:{one}", own) for one in uuid7s(50)]
    at, step = datetime.now(UTC) - timedelta(days=400), timedelta(seconds=30)
    for seq, entry_id in enumerate(uuid7s(size), start=1):
        at += step
        event, subject, facts = KINDS[seq % len(KINDS)]
        who, request = people[seq % len(people)], f"{seq:015x}f"
        prev = mac
        mac = link(
            key, prev, content(own, seq, str(entry_id), microseconds(at), event, who, subject, request, facts, key_id)
        )
        yield entry_id, seq, at, event, who, subject, request, orjson.dumps(facts).decode(), key_id, prev, mac, own
