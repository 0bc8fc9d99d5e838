"""A company connected to an account of the toy helpdesk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from apps.ingest.streams import ensure_streams
from apps.platforms.connecting import connect
from apps.platforms.models import Connection
from apps.platforms.registry import adapters
from tests.platforms.toy.adapter import ACCOUNTS, Account

ADAPTER = "tests.platforms.toy.ToyAdapter"


@contextmanager
def known(settings: Any) -> Iterator[tuple[str, Account]]:
    """The site knows the toy, and there is an account of this name; nobody is connected."""
    settings.PLATFORM_ADAPTERS = [*settings.PLATFORM_ADAPTERS, ADAPTER]
    adapters.cache_clear()
    name = f"{uuid4().hex}.toy.example"
    ACCOUNTS[name] = Account()
    try:
        yield name, ACCOUNTS[name]
    finally:
        del ACCOUNTS[name]
        settings.PLATFORM_ADAPTERS = settings.PLATFORM_ADAPTERS[:-1]
        adapters.cache_clear()


def join(name: str) -> Connection:
    connection, _report = connect(platform="toy", options={"name": name, "token": "secret"})
    ensure_streams(connection)
    return connection
