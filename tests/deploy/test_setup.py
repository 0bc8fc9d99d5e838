""".ci/setup.sh and the verbs of the Makefile on machines that lack something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/bin/sh
case "$2" in {refuses}) exit 1;; esac
exec '{python}' "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What setup needs of a checkout, in a path with a space; the package index must not be asked."""
    place = tmp_path / "a clone"
    for name in (".ci", "requirements", "embedded"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", place)
    return place


def fake_python(folder: Path, refuses: str) -> str:
    fake = folder / "python"
    fake.write_text(FAKE.format(refuses=refuses, python=shutil.which("python3")))
    fake.chmod(0o755)
    return str(fake)


def setup(clone: Path, python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([".ci/setup.sh", "base"], cwd=clone, env=os.environ | {"PYTHON": python},
                          capture_output=True, text=True)  # fmt: skip


def test_a_python_without_venv_is_told_in_one_line_with_the_remedy(clone, tmp_path):
    done = setup(clone, fake_python(tmp_path, "*ensurepip*"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv\n"
    assert not (clone / ".venv").exists()


def test_a_python_that_is_too_old_is_told_in_one_line_with_the_remedy(clone, tmp_path):
    done = setup(clone, fake_python(tmp_path, "*version_info*"))
    assert done.returncode == 1
    assert re.fullmatch(r"Deskhand needs Python 3\.11 or newer; '.*' is not\. Set PYTHON=.*\n", done.stderr)


def test_no_python_at_all_is_told_the_same_way(clone):
    assert setup(clone, "/no/such/python").stderr.startswith("Deskhand needs Python 3.11 or newer;")


def test_make_demo_says_no_more_than_the_remedy(clone, tmp_path):
    environment = os.environ | {"PYTHON": fake_python(tmp_path, "*ensurepip*")}
    done = subprocess.run(["make", "demo"], cwd=clone, env=environment, capture_output=True, text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("make")]
    assert len(lines) == 1
    assert "python3-venv" in lines[0]


def test_an_installed_group_is_not_installed_again(clone):
    """Whatever would install fails here: the stamp alone must do."""
    files = [clone / "requirements" / name for name in ("base.txt", "embedded.txt")]
    both = b"".join(file.read_bytes() for file in files)
    mark = subprocess.run(["cksum"], input=both, capture_output=True).stdout.decode().split()[0]
    (clone / ".venv").mkdir()
    (clone / ".venv" / f".installed-base-{mark}").touch()
    assert setup(clone, shutil.which("python3") or "").returncode == 0
    files[0].write_text(files[0].read_text() + "\n# another pin\n")
    assert not (clone / ".venv" / "bin").exists()


def test_every_verb_of_the_readme_is_in_the_makefile():
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", (ROOT / "README.md").read_text())) <= verbs


def test_every_tier_has_tests_so_that_its_verb_ends_well():
    marked = {mark: [one for one in ROOT.glob("tests/**/test_*.py") if f"pytest.mark.{mark}" in one.read_text()]
              for mark in ("verify", "soak")}  # fmt: skip
    assert all(marked.values()), marked


def test_hooks_run_before_a_commit_come_from_this_repository_alone():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [one["repo"] for one in hooks["repos"]] == ["local"]
    run = {hook["id"]: hook for hook in hooks["repos"][0]["hooks"]}
    assert set(run) == {"ruff", "mypy", "lint-imports"}
    for hook in run.values():
        assert hook["language"] == "system"
        assert ".venv/bin/" in hook["entry"]
        assert "://" not in str(hook)
