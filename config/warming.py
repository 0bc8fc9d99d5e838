"""Load what the first question of a process would otherwise wait for: embedding weights and the language table."""

from __future__ import annotations

from threading import Thread  # noqa: TID251 - touches no company's data

from apps.core.text import detect_language
from apps.llm.registry import embeddings

SENTENCE = "How does a process get warm?"  # its script does not tell the language, so the table is asked


def warm() -> None:
    """Return when both have answered once."""
    embeddings().embed([SENTENCE])
    detect_language(SENTENCE)


def warm_in_background() -> Thread:
    """Start warming without keeping the process from answering; a question in between waits for the same load."""
    thread = Thread(target=warm, name="warm", daemon=True)
    thread.start()
    return thread
