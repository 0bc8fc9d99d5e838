"""Child processes that die with us: own session, parent-death signal, a guard, ordered stop, free ports."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess  # noqa: S404 - starting engines is this package's purpose
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None) if LINUX else None  # loaded here: between fork and exec nothing may be loaded
LONGEST_LOG = 10 * 2**20


class StartFailed(RuntimeError):
    """An engine did not come up; the message holds the end of its log."""


class _Guard:
    """The writing end of a guard process (embedded.guard), started with our first child."""

    def __init__(self) -> None:
        self.owner = 0
        self.orders: IO[bytes] | None = None

    def tell(self, order: str) -> None:
        if self.owner != os.getpid():  # none yet, or we are a fork of the one it belongs to
            self._start()
        assert self.orders is not None
        try:
            self.orders.write(order.encode() + b"\n")
            self.orders.flush()
        except BrokenPipeError:
            self._start()  # somebody killed it; it guards from here on

    def _start(self) -> None:
        command = [sys.executable, "-I", str(Path(__file__).with_name("guard.py"))]
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, start_new_session=True, cwd="/", env={}, stdout=subprocess.DEVNULL
        )
        process.returncode = 0  # it ends after us: nobody waits for it
        self.owner, self.orders = os.getpid(), process.stdin


_guard = _Guard()


def free_port(preferred: int | None = None, *, taken: Sequence[int] = ()) -> int:
    """A TCP port free on the loopback address and not among `taken`: the preferred one when possible."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one we just left is as good as free
            try:
                probe.bind(("127.0.0.1", preferred or 0))
            except OSError:
                preferred = None
                continue
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
        preferred = None
    raise StartFailed("No free port on 127.0.0.1.")


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    environment: Mapping[str, str],
    cwd: Path | None = None,
    end_signal: int = signal.SIGKILL,
    stdin: int | None = subprocess.DEVNULL,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, its output appended to a file (None: to where ours goes).

    When we die it gets `end_signal` (Linux), and the guard ends whatever its session still holds.
    """
    parent = os.getpid()
    with _output(log) as output:
        process = subprocess.Popen(  # noqa: S603 - commands are ours
            [str(part) for part in command],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=(lambda: _die_with(parent, end_signal)) if LINUX else None,  # noqa: PLW1509 - two system calls
            **options,
        )
    _guard.tell(f"+ {process.pid} {int(end_signal)}")
    return process


def _output(log: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    if log is None:
        return nullcontext()
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_name(f"{log.name}.1"))
    return log.open("ab")


def _die_with(parent: int, number: int) -> None:
    assert LIBC is not None
    LIBC.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(1)


def remove_when_gone(folder: Path) -> None:
    """Have the guard remove a temporary folder when this process is gone, however it went."""
    _guard.tell(str(folder))


def stop(process: subprocess.Popen[bytes], *, signal_number: int = signal.SIGTERM, patience: float = 10) -> int:
    """Ask, wait, then kill; whatever else its session holds is killed too. Returns the exit code."""
    if process.poll() is None:
        process.send_signal(signal_number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            kill_session(process)
    return ended(process)


def ended(process: subprocess.Popen[bytes]) -> int:
    """The child is gone or going: sweep what it left in its session, let the guard forget it. Returns the exit code."""
    code = process.wait()
    kill_session(process)
    _guard.tell(f"- {process.pid}")
    return code


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and everything it started in its session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def private_folder(path: Path, *, also: int | None = None) -> Path:
    """The folder, made for us (or the user `also`) alone. Raises StartFailed when somebody else made it first."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.stat().st_uid not in (os.geteuid(), also):
        raise StartFailed(f"{path} belongs to somebody else.")
    path.chmod(0o700)
    return path
