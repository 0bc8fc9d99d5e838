"""The processes of a site: started in order, watched, stopped in the reverse order."""

from __future__ import annotations

import subprocess  # noqa: S404 - starting processes is the purpose
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from embedded.processes import spawn, stop

QUIET_SECONDS = 60.0  # a service that ran this long starts over with the shortest wait


@dataclass
class Service:
    """One child and how to start it again."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    cwd: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    crashes: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        self.process = spawn(self.command, log=self.log, environment=self.environment, cwd=self.cwd)
        self.started_at = time.monotonic()
        self.again_at = 0.0


@dataclass
class Group:
    """Services in starting order."""

    say: Callable[[str], None]
    services: list[Service] = field(default_factory=list)

    def add(self, service: Service) -> None:
        service.start()
        self.services.append(service)

    def watch(self) -> None:
        """Start again what has crashed, after 1, 2, 4 … 30 seconds."""
        now = time.monotonic()
        for service in self.services:
            if service.process is None or service.process.poll() is None:
                continue
            if not service.again_at:
                ran = now - service.started_at
                service.crashes = 0 if ran > QUIET_SECONDS else service.crashes
                service.again_at = now + min(2**service.crashes, 30)
                service.crashes += 1
                self.say(
                    f"{service.name} stopped with code {service.process.returncode}; starting it again, log: {service.log}"
                )
            elif now >= service.again_at:
                service.start()

    def stop(self) -> None:
        """Last started, first stopped; each gets ten seconds."""
        for service in reversed(self.services):
            if service.process is not None:
                stop(service.process)
        self.services.clear()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
