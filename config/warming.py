"""Load what the first question of a process would wait for: weights, language table, the way out, the engine's client."""

from __future__ import annotations

from threading import Thread  # noqa: TID251 - touches no company's data

from apps.core import egress
from apps.core.text import detect_language
from apps.llm.registry import embeddings, second_embeddings
from apps.platforms.registry import adapters
from apps.search.index import load_library

SENTENCE = "How does a process get warm?"  # its script does not tell the language, so the table is asked


def warm() -> None:
    """Return when the models have answered once and helpdesk and vector engine can be called."""
    adapters()
    egress.make_ready()
    load_library()
    embeddings().embed([SENTENCE])
    if (other := second_embeddings()) is not None:
        other.embed([SENTENCE], asked=True)
    detect_language(SENTENCE)


def warm_in_background() -> Thread:
    """Start warming without keeping the process from answering; a question in between waits for the same load."""
    thread = Thread(target=warm, name="warm", daemon=True)
    thread.start()
    return thread
