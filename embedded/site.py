"""What a development site consists of: folder, ports, secrets, the environment every process gets."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import orjson

from embedded.desks import DESKS, ports_of
from embedded.processes import StartFailed, free_port

ROOT = Path(__file__).resolve().parents[1]
PREFERRED = {"web": 8000}
ACCOUNTS = tuple(DESKS)
SHELL = ("PATH", "HOME", "LANG", "TMPDIR", "TERM")
# The shell's word counts for these.
TUNABLE = (
    "LOG_LEVEL", "LOG_FORMAT", "POLL_SECONDS", "DB_POOL_MAX", "MODELS_THREADS", "STANDBY_COMPANIES", "MFA_REQUIRED",
    "SECOND_EMBEDDING_PROVIDER", "JSON_STORE_ROOT",
)  # fmt: skip


class Busy(RuntimeError):
    """Another supervisor works on this folder."""


@dataclass
class Site:
    """A data folder: locked while in use, its ports and secrets remembered for the next start."""

    data: Path
    ports: dict[str, int] = field(default_factory=dict)
    lock: IO[str] | None = None

    def take(self) -> None:
        """Lock the folder. Raises Busy when somebody has it, StartFailed when it is not for us."""
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock = (self.data / "lock").open("w")
        except OSError as exc:
            raise StartFailed(f"The data folder {self.data} cannot be used: {exc.strerror}.") from exc
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Busy(f"A site already runs on {self.data}. Stop it, or choose another folder with --data.") from exc

    def release(self) -> None:
        """Give the folder to whoever asks next."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def choose_ports(self, names: tuple[str, ...]) -> None:
        """The ports of last time where they are still free, else new ones."""
        file = self.data / "ports.json"
        known = orjson.loads(file.read_bytes()) if file.exists() else {}
        for name in names:
            self.ports[name] = free_port(known.get(name) or PREFERRED.get(name))
        file.write_bytes(orjson.dumps(self.ports))

    def secret(self, name: str) -> str:
        """A secret made once and kept readable by the owner only."""
        folder = self.data / "secrets"
        folder.mkdir(exist_ok=True, mode=0o700)
        file = folder / name
        if not file.exists():
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            value = f"k1:{key}" if name == "MASTER_KEYS" else secrets.token_urlsafe(48)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(value)
        return file.read_text()


def site_environment(site: Site, *, app_url: str, redis_url: str, vectors_url: str) -> dict[str, str]:
    """The variables of config.env for every process of the site, on top of a few of the shell's.

    The shell may tune what is in TUNABLE and add to EGRESS_ALLOW_HOSTS; it cannot lead the site to other engines.
    """
    inherited = {name: value for name, value in os.environ.items() if name in SHELL}
    tuned = {name: value for name, value in os.environ.items() if name in TUNABLE}
    helpdesks = [name for one in ACCOUNTS for name in ports_of(one) if not name.endswith("-control")]
    allowed = [f"127.0.0.1:{site.ports[name]}" for name in helpdesks if name in site.ports]
    allowed += filter(None, os.environ.get("EGRESS_ALLOW_HOSTS", "").split(","))
    own = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "SECRET_KEY": site.secret("SECRET_KEY"),
        "MASTER_KEYS": site.secret("MASTER_KEYS"),
        "AUDIT_HEADS_DIR": str(site.data / "audit-heads"),
        "QDRANT_API_KEY": site.secret("QDRANT_API_KEY"),
        "DATABASE_URL": app_url,
        "REDIS_URL": f"{redis_url}/1",
        "BROKER_URL": f"{redis_url}/0",
        "QDRANT_URL": vectors_url,
        "BASE_DOMAIN": "localhost",
        "PUBLIC_URL": f"http://localhost:{site.ports['web']}",
        "EGRESS_ALLOW_HOSTS": ",".join(allowed),
        "EMAIL_URL": f"file://{quote(str((site.data / 'mail').resolve()))}",
        "MFA_REQUIRED": "",  # one password opens the demo; whoever likes sets a second factor up
        "LOG_FORMAT": "text",
        "POLL_SECONDS": "20",
        "DB_POOL_MAX": "8",
    }
    return inherited | own | tuned
