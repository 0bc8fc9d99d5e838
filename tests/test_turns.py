"""Who measures is alone, and does not wait for ever."""

from __future__ import annotations

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from tests import turns
from tests.running_site import wait_until
from tests.turns import turn


def free(file) -> bool:
    with file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_who_measures_waits_for_those_inside_and_who_comes_later_waits_for_him(tmp_path):
    order, go = [], threading.Event()

    def entering(name, *, alone):
        with turn(tmp_path, alone=alone):
            order.append(name)
            assert name != "first" or go.wait(30)

    with ThreadPoolExecutor(3) as pool:
        ends = [pool.submit(entering, "first", alone=False)]
        wait_until(lambda: order == ["first"], "somebody is inside")
        ends.append(pool.submit(entering, "alone", alone=True))
        wait_until(lambda: not free(tmp_path / "door"), "the door is kept")
        ends.append(pool.submit(entering, "late", alone=False))
        go.set()
        for end in ends:
            end.result(30)
    assert order == ["first", "alone", "late"]


def test_others_are_side_by_side_and_a_name_only_keeps_out_its_own(tmp_path):
    with turn(tmp_path, alone=False), turn(tmp_path, alone=False, beside_no=("site",)):
        assert not free(tmp_path / "beside no site")
        assert not free(tmp_path / "inside")
    assert free(tmp_path / "beside no site")
    assert free(tmp_path / "inside")


@pytest.mark.parametrize(("marked", "shared"), [((), False), (("site",), True), (None, True)])
def test_a_worker_s_test_has_the_turn_its_mark_asks_for(tmp_path, monkeypatch, marked, shared):
    monkeypatch.setenv(turns.ROOM, str(tmp_path))
    mark = None if marked is None else SimpleNamespace(args=marked)
    item = SimpleNamespace(config=SimpleNamespace(workerinput={}), get_closest_marker={"alone": mark}.get)
    running = turns.pytest_runtest_protocol(item)
    next(running)
    with (tmp_path / "inside").open("a") as another:
        if shared:
            fcntl.flock(another, fcntl.LOCK_SH | fcntl.LOCK_NB)
        else:
            with pytest.raises(BlockingIOError):
                fcntl.flock(another, fcntl.LOCK_SH | fcntl.LOCK_NB)
    running.close()
    assert free(tmp_path / "inside")


def test_without_workers_nothing_waits(tmp_path, monkeypatch):
    monkeypatch.delenv(turns.ROOM, raising=False)
    running = turns.pytest_runtest_protocol(SimpleNamespace(config=SimpleNamespace()))
    next(running)
    running.close()


def test_every_long_file_is_there():
    assert [one for one in turns.LONG if not (turns.ROOT / one).is_file()] == []
