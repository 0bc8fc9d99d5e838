"""The owner process as a child of the supervisor or of a test run."""

from __future__ import annotations

import os
import secrets
import subprocess  # noqa: S404 - the owner is a program of ours
import sys
import time
import urllib.request
from pathlib import Path

from embedded.processes import StartFailed, free_port, spawn, stop, tail

ROOT = Path(__file__).resolve().parents[2]


class VectorsProcess:
    """`python -m embedded.vectors` on a folder and a free port."""

    def __init__(self, data: Path | str, *, token: str = "", port: int | None = None) -> None:
        self.data = Path(data).resolve()
        self.token = token or secrets.token_urlsafe(24)
        self.port = free_port(port)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> VectorsProcess:
        self.data.mkdir(parents=True, exist_ok=True)
        log = self.data / "vectors.log"
        command = [sys.executable, "-m", "embedded.vectors", "--data", self.data, "--port", str(self.port)]
        environment = os.environ | {"QDRANT_API_KEY": self.token}  # not in argv: others may list processes
        self.process = spawn(command, log=log, environment=environment, cwd=ROOT)
        for _ in range(1000):
            if self.process.poll() is not None:
                raise StartFailed(f"The vector engine did not start:\n{tail(log)}")
            try:
                request = urllib.request.Request(self.url, headers={"api-key": self.token})  # noqa: S310 - loopback
                urllib.request.urlopen(request, timeout=1).close()  # noqa: S310
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise StartFailed(f"The vector engine did not answer within 20 s:\n{tail(log)}")

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
