"""Threads and passages by hand: for tests of the work without a language model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.assistant.extractive.inputs import Passage, Thread, ThreadMessage
from apps.assistant.shapes import Source
from apps.core.text import normalise, sentences

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIX = (
    "Put both earbuds into the case and keep the lid open. Hold the button on the back for 15 seconds until the light "
    "turns amber. Then install update 2.4.2, which corrects the charging fault."
)


def said(number: int, text: str, *, author: str = "customer", private: bool = False, language: str = "en") -> ThreadMessage:
    plain = normalise(text)
    return ThreadMessage(
        id=f"m{number}", number=number, author=author, author_name="Priya Raman" if author == "customer" else "Tomasz Zielinski",  # type: ignore[arg-type]
        private=private, text=plain, own=len(plain), language=language, created_at=NOW + timedelta(hours=number),
        spans=tuple(sentences(text, language)),
    )  # fmt: skip


def thread(*messages: ThreadMessage, subject: str = "Left earbud stopped charging", language: str = "en", **changes: Any) -> Thread:
    fields: dict[str, Any] = {
        "ticket_id": "t1", "remote_id": "102", "subject": subject, "status": "Open", "solved": False,
        "language": language, "customer_name": "Priya Raman", "messages": messages,
    }  # fmt: skip
    return Thread(**fields | changes)


def passage(
    text: str = FIX, *, family: str = "a1", dense: float = 0.6, lexical: float = 0.0, kind: str = "article",
    language: str = "en", visibility: str = "public", **changes: Any,
) -> Passage:  # fmt: skip
    source = Source(
        kind=kind, id=f"{kind}-{family}-{language}", remote_id=family, title="Restore charging", language=language,  # type: ignore[arg-type]
        visibility=visibility, updated_at=NOW, ticket_id=family if kind == "message" else None,  # type: ignore[arg-type]
    )  # fmt: skip
    return Passage(source, text, 0, len(normalise(text)), dense, lexical, dense, family, **changes)
