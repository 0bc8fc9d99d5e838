"""The owner process as a child of the supervisor or of a test run."""

from __future__ import annotations

import secrets
import subprocess  # noqa: S404 - the owner is a program of ours
import sys
import time
import urllib.request
from pathlib import Path

from embedded.processes import StartFailed, ended, free_port, private_folder, spawn, stop, tail

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the environment may name one


class VectorsProcess:
    """`python -m embedded.vectors` on a folder and a free port."""

    name = "vector engine"

    def __init__(self, data: Path | str, *, token: str = "", port: int | None = None, log: Path | None = None) -> None:
        self.data = Path(data).resolve()
        self.log = log or self.data / "vectors.log"
        self.token = token or secrets.token_urlsafe(24)
        self.port = free_port(port)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> VectorsProcess:
        """Return when every collection is loaded and the owner answers. Raises StartFailed."""
        private_folder(self.data)
        command = [sys.executable, "-m", "embedded.vectors", "--data", str(self.data), "--port", str(self.port)]
        environment = {"PATH": "/usr/bin:/bin", "QDRANT_API_KEY": self.token}  # not in argv: others may list processes
        self.process = spawn(command, log=self.log, environment=environment, cwd=ROOT)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                ended(self.process)
                raise StartFailed(f"The vector engine did not start:\n{tail(self.log)}")
            if self._answers():
                return self
            time.sleep(0.02)
        stop(self.process)
        raise StartFailed(f"The vector engine did not answer within {PATIENCE:.0f} s:\n{tail(self.log)}")

    def stop(self) -> None:
        """Flushes; nothing would be lost without it."""
        if self.process is not None:
            stop(self.process, patience=20)

    def _answers(self) -> bool:
        request = urllib.request.Request(self.url, headers={"api-key": self.token})  # noqa: S310 - loopback
        try:
            NO_PROXY.open(request, timeout=1).close()
        except OSError:
            return False
        return True
