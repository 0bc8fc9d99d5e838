"""Puts a fault into a copy of the tree and runs the tests that must notice it."""

from __future__ import annotations

import os
import select
import shutil
import signal
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

import orjson

ROOT = Path(__file__).resolve().parents[2]
PYTEST = ["-p", "pytest_django.plugin", "-m", "not verify and not soak", "--tb=no", "-rfE"]
SECONDS = 300  # of one run; a test that hangs has noticed nothing
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "docs", ".mypy_cache", ".ruff_cache", "var", "node_modules")
MAKES_CLUSTER = "embedded/"  # a fault there is in the prepared cluster, or nowhere
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


class Place:
    """Where faults are tried, one after another: a copy of the tree and an interpreter that forks (tests/seeded/ready.py).

    Every run has engines of its own, on a copy of the prepared cluster.
    """

    def __init__(self, tree: Path, cluster: Path) -> None:
        self.tree, self.cluster = tree, cluster
        self._ready: subprocess.Popen[bytes] | None = None

    def tried(self, fault: Fault) -> Outcome:
        """What nobody notices on the prepared cluster is run once more from nothing: the fault may be in what makes it."""
        prepared = not fault.file.startswith(MAKES_CLUSTER)
        outcome = self._run(fault, prepared=prepared)
        if outcome.word == "survived" and prepared:
            return self._run(fault, prepared=False)
        return outcome

    def unharmed(self, faults: Iterable[Fault]) -> Outcome:
        """The tests of all faults without any fault: they must pass, or a failure would mean nothing."""
        tests = tuple(sorted({test for fault in faults for test in fault.tests}))
        return self._tested(Fault("no fault", "", "", "", tests), prepared=True)

    def close(self) -> None:
        """The interpreter ends, with whatever it still runs."""
        if self._ready is not None:
            os.killpg(self._ready.pid, signal.SIGKILL)
            self._ready.communicate()
            self._ready = None

    def _run(self, fault: Fault, *, prepared: bool) -> Outcome:
        path = self.tree / fault.file
        try:
            text = applied(fault, self.tree)
        except Outdated:
            return Outcome(fault, "outdated")
        sound = path.read_text(encoding="utf-8")
        try:
            _written(path, text)
            return self._tested(fault, prepared=prepared)
        finally:
            _written(path, sound)

    def _tested(self, fault: Fault, *, prepared: bool) -> Outcome:
        environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= {"PREPARED_CLUSTER": str(self.cluster)} if prepared else {}
        output, began = self.tree / "output", time.monotonic()
        run = {
            "cwd": str(self.tree), "environment": environment, "output": str(output),
            "arguments": [*PYTEST, *(["-x"] if fault.file else []), *fault.tests],
        }  # fmt: skip
        code = self._asked(run, SECONDS if fault.file else None)
        ended = partial(Outcome, fault, seconds=time.monotonic() - began)
        if code is None:
            return ended("hung")
        said = output.read_text(encoding="utf-8", errors="replace")
        if code == FAILED:
            named = [
                row.split(" - ")[0].split("/")[-1] for row in said.splitlines() if row.startswith(("FAILED", "ERROR"))
            ]
            return ended("caught", by=named[0] if named else "?")
        return ended("survived") if code == 0 else ended("broken", by=said[-400:])

    def _asked(self, run: dict[str, object], seconds: float | None) -> int | None:
        """Pytest's exit code, or None when there was none in time."""
        if self._ready is None:
            command = [sys.executable, str(ROOT / "tests" / "seeded" / "ready.py")]
            self._ready = subprocess.Popen(
                command, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        assert self._ready.stdin is not None
        assert self._ready.stdout is not None
        self._ready.stdin.write(orjson.dumps(run) + b"\n")
        self._ready.stdin.flush()
        if not select.select([self._ready.stdout], [], [], seconds)[0]:
            self.close()
            return None
        return int(self._ready.stdout.readline())


def _written(path: Path, text: str) -> None:
    """A compiled file is known by size and second of its source: that of another text must not stand for this one."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()


@contextmanager
def places(number: int = 1) -> Iterator[list[Place]]:
    """So many places on one prepared cluster, gone afterwards."""
    with _copies(number) as trees, _prepared() as cluster:
        found = [Place(tree, cluster) for tree in trees]
        try:
            yield found
        finally:
            for one in found:
                one.close()


def run_all(faults: Iterable[Fault], *, at_once: int = 2, tell: Callable[[str], None] = print) -> list[Outcome]:
    """Every fault by itself, `at_once` at a time."""
    free: SimpleQueue[Place] = SimpleQueue()

    def one(fault: Fault) -> Outcome:
        place = free.get()
        try:
            outcome = place.tried(fault)
        finally:
            free.put(place)
        tell(line(outcome))
        return outcome

    with places(at_once) as found, ThreadPoolExecutor(at_once) as pool:
        for place in found:
            free.put(place)
        return list(pool.map(one, faults))


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
                [sys.executable, "-m", "compileall", "-q", "apps", "config", "embedded", "simulators", "tests"],
                cwd=tree,
                check=True,
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
