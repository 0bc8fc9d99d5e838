"""Locks: every package pinned and hashed, nobody's address in them, every line of a reason answered by a pin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_secrets import tracked

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;\\]+)")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(path: Path) -> list[str]:
    """One string a requirement, its hashes on it."""
    return path.read_text(encoding="utf-8").replace("\\\n", " ").strip().splitlines()


def wanted(path: Path) -> set[str]:
    """Names a group asks for, through the groups it takes in."""
    names: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            names |= wanted(FOLDER / line[3:].strip())
        elif line and not line.startswith("#"):
            names.add(plain(re.split(r"[\[<>=~!;\s]", line)[0]))
    return names


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_line_of_a_lock_is_a_pin_with_hashes_and_no_address(lock):
    for line in entries(lock):
        assert PIN.match(line), line[:80]
        assert "--hash=sha256:" in line, line[:80]
        assert "://" not in line, line[:80]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_what_its_group_asks_for(lock):
    pinned = {plain(PIN.match(line)["name"]) for line in entries(lock)}
    assert wanted(lock.with_suffix(".in")) <= pinned


def test_two_groups_never_pin_one_package_differently():
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for line in entries(lock):
            found = PIN.match(line)
            marker = line.split("--hash")[0].partition(";")[2].strip()
            versions.setdefault(f"{plain(found['name'])} {marker}", set()).add(found["version"])
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_no_file_names_the_address_of_a_registry():
    """Whoever installs has set where packages come from; an address of ours would go past it."""
    addresses = [b"pypi" + b".org", b"files.python" + b"hosted", b"registry.npm" + b"js"]  # in two, for this file is one
    named = [path for path in tracked() if any(one in path.read_bytes() for one in addresses)]
    assert named == []
