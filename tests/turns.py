"""Workers side by side, but one test at a time where that is needed (pytest loads this with -p).

`alone`: a test that measures a clock, a process or memory. It waits until no other worker has a test running, and none
begins one before it has ended. `alone("site")`: not beside another of that name (two sites that start would both take
port 8000). Without workers (`pytest tests/x.py`) nothing waits for anything.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOM = "DESKHAND_TESTS_ROOM"  # the folder all workers of one run share
# Files that take minutes, the longest first: everybody would wait for one that is begun last.
LONG = (
    "tests/seeded/test_faults.py", "tests/faults/test_kills.py", "tests/faults/test_orders_killed.py",
    "tests/evaluation/test_help.py", "tests/ingest/test_scripts.py", "tests/browser/test_matrix.py",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files in the order in which they are handed out; tests of a file stay in theirs."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next((n for n, file in enumerate(LONG) if item.nodeid.startswith(file)), len(LONG)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Around a test with its fixtures, those of its module too."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    mark = item.get_closest_marker("alone")
    with turn(Path(os.environ[ROOM]), alone=mark is not None and not mark.args, beside_no=mark.args if mark else ()):
        return (yield)


@contextmanager
def turn(room: Path, *, alone: bool, beside_no: tuple[str, ...] = ()) -> Iterator[None]:
    """Many may be in the room, or one alone. Who wants to be alone keeps the door, so nobody enters before him."""
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with ExitStack() as stack:
        for name in beside_no:
            stack.enter_context(_held(room / f"beside no {name}", fcntl.LOCK_EX))
        with _held(room / "door", kind):
            stack.enter_context(_held(room / "inside", kind))
        yield


@contextmanager
def _held(file: Path, kind: int) -> Iterator[None]:
    with file.open("a") as handle:
        fcntl.flock(handle, kind)
        yield
