"""Outlives whoever started it by a few seconds: ends the processes and removes the folders left behind.

Reads its orders from standard input: `+ PID SIGNAL` for the leader of a session that started and the signal that
ends it, `- PID` for one that ended, `/PATH` for a folder to remove. Standard input closes when the starter is gone.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 5.0  # seconds between asking and killing


def end(sessions: dict[int, int], patience: float = PATIENCE) -> None:
    """Ask the sessions to end, newest first, then kill what is still there."""
    for leader, number in reversed(sessions.items()):
        _send(leader, number)
    until = time.monotonic() + patience
    while time.monotonic() < until and any(_send(leader, 0) for leader in sessions):
        time.sleep(0.05)
    for leader in sessions:
        _send(leader, signal.SIGKILL)


def _send(leader: int, number: int) -> bool:
    """Signal every process of the session's first group. False when none is left."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def watch(orders: Iterable[str]) -> tuple[dict[int, int], list[str]]:
    """Follow the orders until they end: the sessions still running with their signals, the folders to remove."""
    sessions: dict[int, int] = {}
    folders: list[str] = []
    for order in orders:
        word, _, rest = order.rstrip("\n").partition(" ")
        if word == "+":
            leader, number = rest.split()
            sessions[int(leader)] = int(number)
        elif word == "-":
            sessions.pop(int(rest), None)
        elif word.startswith("/"):
            folders.append(order.rstrip("\n"))
    return sessions, folders


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions, folders = watch(sys.stdin)
    end(sessions)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
