"""Fill a company's mirror without a network: the same store functions the sync uses, then index and briefs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.ingest.models import Outbox
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.sync import store_articles, store_tickets
from apps.ingest.threads import store_threads
from apps.platforms.base import ArticleData, MessageData, PersonData, StatusData, TicketData
from apps.platforms.models import Connection, Ticket

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OPEN = StatusData(value=2, label="Open", category="open")
CLOSED = StatusData(value=5, label="Closed", category="closed")
FIX = (
    "Put both earbuds into the case and keep the lid open. Hold the button on the back for 15 seconds until the "
    "light turns amber. Then install update 2.4.2, which corrects the charging fault."
)


def make_connection(platform: str = "freshdesk") -> Connection:
    """Of that kind, unless there is one: nothing above the adapters may care which."""
    connection = Connection.objects.filter(account="acme.example").first()
    if connection is None:
        connection = Connection(
            platform=platform, account="acme.example", config={"base_url": "https://acme.example"}
        )
        connection.set_secrets({"api_key": "secret-key-of-the-helpdesk"})
        connection.save()
    return connection


def ticket_data(number: int, subject: str, text: str, *, status: StatusData = OPEN, **changes: Any) -> TicketData:
    fields: dict[str, Any] = {
        "remote_id": str(number), "subject": subject, "description_html": f"<p>{text}</p>", "description_text": text,
        "visibility": "public", "state": "live", "status": status, "priority": 2, "source": "email", "type": None,
        "group_id": None, "agent_id": None,
        "customer": PersonData(remote_id=f"9{number}", name="Priya Raman", email="priya@example.org"),
        "created_at": NOW + timedelta(minutes=number), "updated_at": NOW + timedelta(minutes=number),
    }  # fmt: skip
    fields |= changes
    fields["raw_hash"] = hashlib.sha256(repr(sorted(fields.items(), key=str)).encode()).hexdigest()
    return TicketData(**fields)


def message_data(number: int, ticket: int, text: str, *, author: str = "agent", private: bool = False) -> MessageData:
    when = NOW + timedelta(hours=number)
    return MessageData(
        remote_id=str(number), ticket_id=str(ticket), author=author, author_id=None, author_email=None,
        visibility="private" if private else "public", html=f"<p>{text}</p>", text=text,
        source="note" if private else "reply", created_at=when, updated_at=when,
        raw_hash=hashlib.sha256(f"{text}{private}".encode()).hexdigest(),
    )  # fmt: skip


def article_data(
    number: int, title: str, text: str, *, visibility: str = "public", language: str = "en"
) -> ArticleData:
    return ArticleData(
        remote_id=str(number), language=language, title=title, html=f"<p>{text}</p>", text=text, published=True,
        status_value=2, visibility=visibility, category_id="1", category="Audio", folder_id="1", folder="Charging",
        created_at=NOW, updated_at=NOW, raw_hash=hashlib.sha256(f"{title}{text}{visibility}".encode()).hexdigest(),
    )  # fmt: skip


def fill(tickets: list[tuple[TicketData, list[MessageData]]], articles: list[ArticleData] = []) -> Connection:  # noqa: B006
    """Store, index, brief: until nothing is owed but threads of tickets given without one."""
    connection = make_connection()
    with transaction.atomic():
        store_articles(connection, articles, sweep=1)
        store_tickets(connection, [ticket for ticket, _ in tickets])
    rows = {row.remote_id: row for row in Ticket.objects.filter(connection=connection).select_related("customer")}
    with transaction.atomic():
        store_threads([(rows[ticket.remote_id], thread) for ticket, thread in tickets])
    Outbox.objects.filter(kind=Outbox.Kind.THREAD).delete()
    work_off_everything()
    return connection


def work_off_everything() -> None:
    """What workers would do, here and now."""
    while kinds := due_kinds():
        for kind in kinds:
            work_off(kind)


def charging_case() -> Connection:
    """An article, a solved case with a private note, and an open one about the same fault."""
    solved = ticket_data(
        101,
        "Right earbud dead after update 2.4.1",
        "After the update 2.4.1 my right earbud is not charging any more.",
        status=CLOSED,
    )
    waiting = ticket_data(
        102,
        "Left earbud stopped charging after update 2.4.1",
        "Hi,\n\nsince the update to 2.4.1 the left earbud no longer charges in the case. I already cleaned the contacts. What can I do?",
    )
    return fill(
        [
            (
                solved,
                [
                    message_data(1, 101, "Fault FW-881 is known. Do not name it.", private=True),
                    message_data(2, 101, FIX),
                ],
            ),
            (waiting, []),
        ],
        [
            article_data(11, "Restore charging after a firmware update", FIX),
            article_data(
                12,
                "Internal: fault FW-881",
                "Fault FW-881 stops charging after update 2.4.1. The goodwill limit is 40 euros.",
                visibility="private",
            ),
            article_data(
                13,
                "Delivery times",
                "Orders inside the EU arrive in two to four working days. Tracking mail is sent within 24 hours.",
            ),
        ],
    )
