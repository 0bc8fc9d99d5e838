"""The simulated account's own clock: runs with real time, faster, or stands still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """Unix time of the simulated world."""

    def __init__(self, start: float | None = None) -> None:
        self._at = time.time() if start is None else start
        self._mark = time.monotonic()
        self._rate = 1.0
        self._held: float | None = None

    def now(self) -> float:
        """Seconds since 1970, with fractions."""
        if self._held is not None:
            return self._held
        return self._at + (time.monotonic() - self._mark) * self._rate

    def second(self) -> int:
        """The whole second that goes into updated_at."""
        return int(self.now())

    def set(self, *, at: float | None = None, advance: float = 0.0, rate: float | None = None) -> None:
        """Jump to a time, move on by seconds, or change the pace (0 stands still)."""
        self._at = (self.now() if at is None else at) + advance
        self._mark = time.monotonic()
        if rate is not None:
            self._rate = rate

    @contextmanager
    def held(self) -> Iterator[None]:
        """Everything inside happens at one moment, however long it takes: a bulk edit."""
        self._held = self.now()
        try:
            yield
        finally:
            self._held = None

    @property
    def rate(self) -> float:
        return self._rate

    def http_date(self) -> str:
        """For the Date header."""
        return formatdate(self.now(), usegmt=True)


def stamp(second: int | None) -> str | None:
    """Freshdesk's spelling of a time: UTC, whole seconds, Z."""
    if second is None:
        return None
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(value: str) -> int | None:
    """A time as callers write it; no zone means UTC. None when it is none."""
    text = value.strip().replace(" ", "+") if "T" in value else value.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
