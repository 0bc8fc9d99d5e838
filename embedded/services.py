"""The processes of a site, engines and services alike: started in order, watched, stopped in the reverse order."""

from __future__ import annotations

import subprocess  # noqa: S404 - starting processes is the purpose
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from embedded.processes import StartFailed, ended, spawn, stop

QUIET_SECONDS = 60.0  # a child that ran this long starts over with the shortest wait
LONGEST_WAIT = 30.0


class Child(Protocol):
    """What can be kept alive: an engine, or a program of ours. `start` again uses the same address as before."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self) -> object: ...

    def stop(self) -> None: ...


@dataclass
class Service:
    """A program and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    cwd: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = spawn(self.command, log=self.log, environment=self.environment, cwd=self.cwd)

    def stop(self) -> None:
        """Asked first, killed after ten seconds."""
        if self.process is not None:
            stop(self.process)
            self.process = None


@dataclass
class Kept:
    """A child with its history: how often it crashed, when it may try again (0: it runs)."""

    child: Child
    started_at: float = 0.0
    crashes: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        self.child.start()
        self.started_at, self.again_at = time.monotonic(), 0.0

    def look(self, say: Callable[[str], None]) -> None:
        """Notice a crash, and start again when its time has come."""
        process, now = self.child.process, time.monotonic()
        if self.again_at:
            if now >= self.again_at:
                self._start_again(say)
        elif process is not None and process.poll() is not None:
            ended(process)  # what it left in its session would work beside its successor
            if now - self.started_at > QUIET_SECONDS:
                self.crashes = 0
            self._put_off(now)
            say(f"{self.child.name} stopped with code {process.returncode}; starting it again, log: {self.child.log}")

    def _start_again(self, say: Callable[[str], None]) -> None:
        try:
            self.start()
        except StartFailed as exc:
            self._put_off(time.monotonic())
            say(f"{self.child.name} does not start yet: {exc}")

    def _put_off(self, now: float) -> None:
        self.again_at = now + min(2.0**self.crashes, LONGEST_WAIT)
        self.crashes += 1


@dataclass
class Group:
    """All children of a site in starting order."""

    say: Callable[[str], None]
    children: list[Kept] = field(default_factory=list)

    def add(self, child: Child) -> None:
        """Start it and keep it. It is in the list before it runs, so that a signal in between stops it too."""
        kept = Kept(child)
        self.children.append(kept)
        kept.start()

    def watch(self) -> None:
        """Start again what has crashed, after 1, 2, 4 … 30 seconds."""
        for kept in self.children:
            kept.look(self.say)

    def stop(self) -> None:
        """Last started, first stopped."""
        while self.children:
            self.children[-1].child.stop()
            self.children.pop()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
