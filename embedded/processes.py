"""Child processes that die with us: own session, parent-death signal, ordered stop, free ports."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess  # noqa: S404 - starting engines is this package's purpose
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


class StartFailed(RuntimeError):
    """An engine did not come up; the message holds the end of its log."""


def free_port(preferred: int | None = None) -> int:
    """A free TCP port on the loopback address: the preferred one when nobody has it."""
    for port in filter(None, (preferred, 0)) if preferred else (0,):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return free_port()


def spawn(
    command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str], cwd: Path | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, its output appended to a file; on Linux it is killed when we die."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - commands are ours
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one prctl call
            **options,
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def stop(process: subprocess.Popen[bytes], *, signal_number: int = signal.SIGTERM, patience: float = 10) -> int:
    """Ask, wait, then kill the whole session. Returns the exit code."""
    if process.poll() is None:
        process.send_signal(signal_number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            kill_session(process)
    return process.wait()


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and everything it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
