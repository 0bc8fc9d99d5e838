"""Stops asking a model that does not answer, and how often anything may be asked twice."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 30.0  # seconds that count
LEAST, SHARE = 5, 0.5  # failures, and their share of the calls, that open it
PAUSE = 15.0  # seconds before one call may try again
RETRY_SHARE = 0.1  # of calls that may be second ones
SAVED = 10.0  # second calls that may be saved up
Clock = Callable[[], float]


@dataclass(slots=True)
class Breaker:
    """One model of one account in one region, as this process sees it. Not shared between threads' updates: each is one
    step under the interpreter's lock."""

    clock: Clock = time.monotonic
    _seen: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=1000))
    _opened: float | None = None
    _probing: float | None = None

    def lets_through(self) -> bool:
        """Whether a call may be made. Of an open one, one call after each pause; who asks and gets True makes it, and tells."""
        now = self.clock()
        if self._opened is None:
            return True
        if now - self._opened < PAUSE or (self._probing is not None and now - self._probing < WINDOW):
            return False
        self._probing = now
        return True

    @property
    def is_open(self) -> bool:
        return self._opened is not None

    def tell(self, *, failed: bool) -> None:
        """How a call ended."""
        now = self.clock()
        if self._opened is not None:
            if failed:
                self._opened = now
            else:
                self._opened = None
                self._seen.clear()
            self._probing = None
            return
        self._seen.append((now, failed))
        while self._seen and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        failures = sum(bad for _, bad in self._seen)
        if failures >= LEAST and failures >= SHARE * len(self._seen):
            self._opened, self._probing = now, None

    def untell(self) -> None:
        """A call that ended without saying anything of the model: it was cancelled, or refused for another reason."""
        self._probing = None


@dataclass(slots=True)
class Retries:
    """One in ten calls may be a second one; what is not used is saved, up to SAVED. The first trouble is forgiven."""

    saved: float = 1.0

    def called(self) -> None:
        self.saved = min(SAVED, self.saved + RETRY_SHARE)

    def take(self) -> bool:
        """Whether a second call may be made; it counts as made."""
        if self.saved < 1:
            return False
        self.saved -= 1
        return True
