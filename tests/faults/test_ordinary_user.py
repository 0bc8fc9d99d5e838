"""The one-command start as an ordinary user with an empty home, from a path with a space and letters of three scripts."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from embedded.identity import reachable
from tests.running_site import ROOT, running_site

pytestmark = [
    pytest.mark.verify,
    pytest.mark.alone("site"),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc"),
]
USER = "deskhand-test"
PACKAGES = Path(next(path for path in sys.path if path.endswith("site-packages"))).resolve()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The empty home of an ordinary user, and what to put before a command to be that user (root makes one)."""
    if os.geteuid() != 0:
        yield tmp_path, ()
        return
    if not all(map(shutil.which, ("useradd", "userdel", "setpriv", "unshare"))):
        pytest.skip("root cannot make a user here")
    place = f"/home/{USER}"
    made = subprocess.run(["useradd", "--no-create-home", "--home-dir", place, USER], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"root may not make a user here: {made.stderr.strip()}")
    try:
        subprocess.run(["install", "-d", "-o", USER, place], check=True)
        # setpriv itself may still do what root may: the shell behind it is the first that cannot
        become = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "sh", "-c", 'exec "$@"', "sh")
        yield Path(place), (*opened([Path(sys.base_prefix), PACKAGES], tmp_path), *become)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run(["userdel", USER], check=False, capture_output=True)


def opened(needed: Sequence[Path], scratch: Path) -> tuple[str, ...]:
    """What to put before a command so that others reach these folders even where they lie under a closed one.

    Root's interpreter may live in root's home. The command gets mounts of its own; nobody else sees them.
    """
    shut = {folder: next(one for one in reversed(folder.parents) if not reachable(one))
            for folder in needed if not reachable(folder)}  # fmt: skip
    if not shut:
        return ()
    lines, moves = [], []
    for number, folder in enumerate(shut):
        held = scratch / f"held{number}"
        held.mkdir()
        lines.append(f"mount --bind {shlex.quote(str(folder))} {shlex.quote(str(held))}")
        moves.append(f"mkdir -p {shlex.quote(str(folder))}")
        moves.append(f"mount --move {shlex.quote(str(held))} {shlex.quote(str(folder))}")
    lines += [f"mount -t tmpfs -o mode=755 none {shlex.quote(str(one))}" for one in set(shut.values())]
    prefix = ("unshare", "--mount", "sh", "-c", " && ".join([*lines, *moves, 'exec "$@"']), "sh")
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip(f"others cannot reach {', '.join(map(str, shut))}, and mounts are not to be had here")
    return prefix


def test_an_ordinary_user_starts_it_from_a_path_with_a_space_and_other_letters(home):
    place, become = home
    root = place / "Désk händ 책상"
    leave_out = shutil.ignore_patterns(".git", ".venv", ".data", "__pycache__", "artifacts")
    shutil.copytree(ROOT, root, ignore=leave_out, symlinks=True)
    data = root / ".data" / "dätä mit Leerzeichen"
    data.parent.mkdir()
    if become:
        subprocess.run(["chown", "-R", f"{USER}:{USER}", str(place)], check=True)
    venv = [*become, str(Path(sys.executable).resolve()), "-m", "venv", "--without-pip", str(root / ".venv")]
    subprocess.run(venv, check=True, cwd="/")
    (pth,) = (root / ".venv" / "lib").glob("python*/site-packages")
    (pth / "ours.pth").write_text(f"{PACKAGES}\n")
    shell = {"HOME": str(place), "TMPDIR": "/tmp"}
    python = str(root / ".venv" / "bin" / "python")
    with running_site(data, root=root, python=python, prefix=become, shell=shell) as site:
        assert os.readlink(f"/proc/{site.child('web')}/cwd") == str(root)
        owners = {Path(f"/proc/{site.child(name)}").stat().st_uid for name in ("web", "worker", "postgres", "valkey")}
        assert owners == {root.stat().st_uid}
        assert 0 not in owners
        assert site.number("SELECT count(*) FROM public.tenancy_company") == 0
    written = {entry.name for entry in place.iterdir()} - {root.name}
    assert not written, "it wrote into the home"
