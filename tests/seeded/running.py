"""Puts a fault into a copy of the tree and runs the tests that must notice it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[2]
PYTEST = [
    sys.executable,
    "-m",
    "pytest",
    "-p",
    "pytest_django.plugin",
    "-m",
    "not verify and not soak",
    "--tb=no",
    "-rfE",
]
SECONDS = 300  # of one run; a test that hangs has noticed nothing
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "docs", ".mypy_cache", ".ruff_cache", "var", "node_modules")
FAILED = 1  # what pytest says when a test has failed; 2 and more: it could not run them


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong line: `old` of the file becomes `new`, and at least one of `tests` must fail. `tool`: who made it."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault: caught, or a word about why it was not; by which test; in which time."""

    fault: Fault
    word: str
    by: str = ""
    seconds: float = 0.0


class Outdated(LookupError):
    """The line a fault replaces is not in the source any more, or is there more than once."""


def applied(fault: Fault, root: Path = ROOT) -> str:
    """The whole source with the fault in it. Raises Outdated."""
    path = root / fault.file
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    if (times := source.count(fault.old)) != 1:
        raise Outdated(
            f"the fault {fault.what!r} no longer applies: its text is {times} times in {fault.file}. Mend its row in "
            "tests/seeded/: `old` must be there once, and `new` must still be the same mistake."
        )
    return source.replace(fault.old, fault.new)


def run_all(faults: Iterable[Fault], *, at_once: int = 2, tell: Callable[[str], None] = print) -> list[Outcome]:
    """Every fault by itself, `at_once` at a time, each in a copy of the tree. The copies are gone afterwards.

    Each has engines of its own, on a copy of one prepared cluster. What nobody notices there is run once more from
    nothing: the fault may be in what makes the cluster.
    """
    trees: SimpleQueue[Path] = SimpleQueue()

    def one(fault: Fault) -> Outcome:
        tree = trees.get()
        try:
            outcome = _run(fault, tree, cluster)
            if outcome.word == "survived":
                outcome = _run(fault, tree)
        finally:
            trees.put(tree)
        tell(line(outcome))
        return outcome

    with _copies(at_once) as copies, _prepared() as cluster, ThreadPoolExecutor(at_once) as pool:
        for copy in copies:
            trees.put(copy)
        return list(pool.map(one, faults))


def unharmed(faults: Iterable[Fault]) -> Outcome:
    """The tests of all faults without any fault: they must pass, or a failure would mean nothing."""
    tests = tuple(sorted({test for fault in faults for test in fault.tests}))
    with _copies(1) as (tree,):
        return _tested(Fault("no fault", "", "", "", tests), tree)


def line(outcome: Outcome) -> str:
    """A row of the table that is printed."""
    fault = outcome.fault
    return f"{outcome.word:<9} {outcome.seconds:5.1f} s  {fault.file:<38} {fault.what:<70} {outcome.by}"


@contextmanager
def _copies(number: int) -> Iterator[list[Path]]:
    with tempfile.TemporaryDirectory(prefix="deskhand-faults-") as folder:
        trees = [Path(folder) / str(each) for each in range(number)]
        for tree in trees:
            shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
            (tree / "docs").mkdir(exist_ok=True)
            subprocess.run(
                [sys.executable, "-m", "compileall", "-q", "apps", "config", "embedded", "tests"], cwd=tree, check=True
            )
        yield trees


@contextmanager
def _prepared() -> Iterator[Path]:
    """A stopped cluster with roles and registry."""
    with tempfile.TemporaryDirectory(prefix="deskhand-cluster-") as folder:
        cluster = Path(folder) / "cluster"
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
        subprocess.run(
            [sys.executable, "-m", "tests.seeded.prepared", cluster],
            cwd=ROOT, env=environment, check=True, capture_output=True,
        )  # fmt: skip
        yield cluster


def _run(fault: Fault, tree: Path, cluster: Path | None = None) -> Outcome:
    path = tree / fault.file
    try:
        text = applied(fault, tree)
    except Outdated:
        return Outcome(fault, "outdated")
    sound = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    try:
        return _tested(fault, tree, cluster)
    finally:
        path.write_text(sound, encoding="utf-8")


def _tested(fault: Fault, tree: Path, cluster: Path | None = None) -> Outcome:
    # A compiled file is known by size and second of its source, so a fault could hide behind the one of the sound file.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PREPARED_CLUSTER": str(cluster)} if cluster else {}
    if fault.file.endswith(".py"):
        Path(importlib.util.cache_from_source(tree / fault.file)).unlink(missing_ok=True)
    began = time.monotonic()
    try:
        done = subprocess.run(
            [*PYTEST, *(["-x"] if fault.file else []), *fault.tests],
            cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS if fault.file else None,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcome(fault, "hung", seconds=time.monotonic() - began)
    ended = partial(Outcome, fault, seconds=time.monotonic() - began)
    if done.returncode == FAILED:
        named = [
            row.split(" - ")[0].split("/")[-1]
            for row in done.stdout.splitlines()
            if row.startswith(("FAILED", "ERROR"))
        ]
        return ended("caught", by=named[0] if named else "?")
    return ended(
        "survived" if done.returncode == 0 else "broken", by="" if done.returncode == 0 else done.stdout[-400:]
    )
