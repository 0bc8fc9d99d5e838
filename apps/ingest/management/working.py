"""Work along in a command until what it asked for is done; leases and claims keep it and the workers apart."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from apps.core.errors import ExternalUnavailable
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.timing import keep_times


def work_until_done(left: Callable[[], int], *, seconds: float) -> None:
    """Raises ExternalUnavailable when it takes longer; the workers go on."""
    until = time.monotonic() + seconds
    while count := left():
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{count} left   ")
        did = sum(work_off(kind) for kind in due_kinds())
        keep_times()
        if time.monotonic() > until:
            raise ExternalUnavailable("It did not finish in time; it goes on in the workers.")
        if not did:
            time.sleep(0.2)
