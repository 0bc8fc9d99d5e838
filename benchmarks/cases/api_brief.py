"""The stored brief of one ticket, authenticated: with a draft, whose handing over is recorded, and without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import transaction

from apps.assistant import shapes
from apps.assistant.models import Brief
from apps.core.ids import uuid7
from apps.ingest.sql import upsert_tickets
from apps.platforms.models import Connection, Ticket
from apps.tenancy.context import bind_company
from apps.tenancy.rls import wall
from benchmarks.company import NOW, TEXT, company_named, ticket_rows
from benchmarks.reads import GOAL, Ask, compare, floor_of, issue_token, request_of, stock_of, through_the_stack
from benchmarks.stock import stock_brief

COMPANY, SCHEMA = "bench-brief", "c_bench_brief"
READ = """SELECT b.outcome, b.thread_version = t.thread_version, b.made_at, b.data::text
FROM platforms_ticket t JOIN assistant_brief b ON b.ticket_id = t.id
WHERE t.id = %s AND t.state IN ('live','archived') AND NOT t.deleted"""
ENTRY = """INSERT INTO plain_entry (id, seq, at, event, principal, subject, request_id, facts, key_id, prev, mac)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)"""
VERSION = "0" * 32
FIX = "Hold the button on the back for 15 seconds until the light turns amber, then install update 2.4.2. "


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU milliseconds a request, PostgreSQL included; the one with a draft also writes an entry of the audit trail."""
    calls, rounds, tickets = (5, 1, 20) if short else (200, 5, 2_000)
    clear, with_draft, without = _prepare(urls, tickets)
    with psycopg.connect(urls["app"], autocommit=True) as raw:
        read, recorded = (
            compare(
                "api_brief", urls, calls, rounds, ours=through_the_stack(environ), floor=floor,
                stock=stock_of(COMPANY, environ, partial(stock_brief, ticket_id=ticket)),
            )
            for ticket, floor in (
                (without, floor_of(raw, COMPANY, clear, partial(_read, without))),
                (with_draft, _recorded(raw, floor_of(raw, COMPANY, clear, partial(_read, with_draft)))),
            )
            for environ in [request_of(COMPANY, clear, f"/api/v1/tickets/{ticket}/brief/")]
        )  # fmt: skip
    return read | {
        "goal": f"<= {GOAL} x, a use that is recorded too", "ok": read["ratio"] <= GOAL >= recorded["ratio"],
        "recorded": {name: recorded[name] for name in ("ours", "reference", "ratio", "wall_ms", "bytes")},
        "recorded_reference_name": "the same, and a plain insert of the entry in a transaction of its own",
    }  # fmt: skip


def _prepare(urls: dict[str, str], tickets: int) -> tuple[str, UUID, UUID]:
    """A company whose tickets have briefs. Returns an agent's token, a ticket with a draft and one without."""
    with bind_company(company_named(COMPANY).binding()):
        account = Connection.objects.create(platform="freshdesk", account=COMPANY, credentials="")
        clear = issue_token(COMPANY)
        with transaction.atomic():
            upsert_tickets(ticket_rows(account.pk, tickets))
            Ticket.objects.update(thread_version=VERSION)
            keys = list(Ticket.objects.values_list("pk", flat=True))
            outcomes = [Brief.Outcome.REPLY, Brief.Outcome.NOT_ENOUGH_EVIDENCE]
            data = brief_like_one().model_dump(mode="json")
            Brief.objects.bulk_create(
                [Brief(ticket_id=key, thread_version=VERSION, outcome=outcomes[place % 2], data=data, made_at=NOW, complete=True)
                 for place, key in enumerate(keys)], batch_size=500,
            )  # fmt: skip
    with psycopg.connect(urls["migrate"]) as owner:
        owner.execute(f"SET search_path TO {SCHEMA}")
        owner.execute("CREATE TABLE plain_entry (LIKE core_auditevent INCLUDING ALL)")
        wall(owner, SCHEMA, COMPANY)
    with psycopg.connect(urls["superuser"]) as admin:
        admin.execute(f"ANALYZE {SCHEMA}.platforms_ticket, {SCHEMA}.assistant_brief")
    return clear, keys[len(keys) // 4 * 2], keys[len(keys) // 4 * 2 + 1]


def _read(ticket: UUID, cursor: psycopg.Cursor) -> bytes:
    outcome, current, made_at, data = cursor.execute(READ, [ticket]).fetchone() or ()
    state = "ready" if current and outcome == "reply" else "thin"
    return orjson.dumps({"state": state, "made_at": made_at, "brief": orjson.Fragment(data)})


def _recorded(raw: psycopg.Connection, ask: Ask) -> Ask:
    """Then the entry's row without chain or seal, as one inserts a row."""
    numbers: Callable[[], int] = count(1).__next__

    def asked() -> bytes:
        body = ask()
        with raw.transaction(), raw.cursor() as cursor:
            cursor.execute(f"SET LOCAL search_path TO {SCHEMA}, pg_temp; SET LOCAL app.company_id TO '{COMPANY}'")
            row = [uuid7(), numbers(), datetime.now(UTC), "draft_used", "user:" + "A" * 22, "ticket:" + "0" * 36, "",
                   '{"mode": "api"}', "k1", bytes(32), bytes(32)]  # fmt: skip
            cursor.execute(ENTRY, row)
        return body

    return asked


def brief_like_one() -> shapes.Brief:
    """As full as a brief of the demo: every part of the summary, five similar tickets, five articles, a cited draft."""
    ids = [f"01890000-0000-7000-8000-{number:012d}" for number in range(20)]
    line = shapes.SummaryLine(text=TEXT[:80], message_id=ids[0], number=1, private=False, language="en", start=0, end=80)

    def quote(number: int, kind: Any) -> shapes.Quote:
        source = shapes.Source(
            kind=kind, id=ids[number], ticket_id=ids[number] if kind == "message" else None, remote_id=str(number),
            title="Left earbud stopped charging", language="en", visibility="public", updated_at=NOW,
        )  # fmt: skip
        return shapes.Quote(source=source, text=FIX * 3, start=0, end=len(FIX * 3))

    similar = [
        shapes.SimilarTicket(
            ticket_id=ids[number], remote_id=str(number), subject="Right earbud dead", status="Closed", language="en",
            solved_at=NOW, score=0.7, seen=2, fix=quote(number, "message"), terms=["charging", "earbud", "update"],
        )
        for number in range(5)
    ]  # fmt: skip
    articles = [
        shapes.RelevantArticle(
            article_id=ids[number], remote_id=str(number), title="Restore charging after an update", language="en",
            visibility="public", updated_at=NOW, score=0.6, passage=quote(number, "article"),
        )
        for number in range(5, 10)
    ]  # fmt: skip
    why = [
        shapes.Candidate(
            kind="article", title="Restore charging after an update", remote_id=str(number), language="en",
            visibility="public", dense=0.61, lexical=12.25, score=0.81, kept=False, reason="limit",
        )
        for number in range(12)
    ]  # fmt: skip
    sentence = shapes.DraftSentence(text=FIX, citations=[1], supported=True)
    return shapes.Brief(
        thread_version=VERSION, language="en", similar=similar, articles=articles, why=why,
        summary=shapes.Summary(request=[line, line], tried=[line], state=[line], last_ask=[line], open_questions=[line]),
        draft=shapes.Draft(
            outcome="reply", language="en", greeting="Hi Priya,", paragraphs=[[sentence, sentence], [sentence]],
            closing="Kind regards", citations=[quote(5, "article")] * 3, score=0.7, threshold=0.5,
        ),
    )  # fmt: skip
