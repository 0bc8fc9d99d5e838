"""The owner killed again and again while it is written to: what it has acknowledged is there, what it dropped is not."""

from __future__ import annotations

import random
import sys
import threading
import time

import pytest
from qdrant_client.http.exceptions import ResponseHandlingException

from tests.embedded.conftest import connect, make_collection, struct, uid

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


class Writer(threading.Thread):
    """Adds points, changes and deletes some of them, and knows what was acknowledged."""

    def __init__(self, engine, first, known):
        super().__init__()
        self.qdrant, self.first = connect(engine), first
        self.known = known  # number -> version that was acknowledged, None: deleted
        self.doubtful = set()  # on its way when the owner was killed: either is right
        self.calls = 0

    def run(self):
        for number in range(self.first, self.first + 100_000):
            if not self._call([number], lambda number=number: self._put(number, 1), 1):
                return
            if number % 5 == 0 and not self._call([number - 1], lambda number=number: self._put(number - 1, 2), 2):
                return
            gone = [number - 3, number - 2]
            if number % 7 == 0 and not self._call(gone, lambda gone=gone: self._drop(gone), None):
                return

    def _call(self, numbers, call, version):
        try:
            call()
        except ResponseHandlingException:
            self.doubtful.update(numbers)
            return False
        self.calls += 1
        self.known |= dict.fromkeys(numbers, version)
        return True

    def _put(self, number, version):
        point = struct(number, "acme", [1, 0, version, 0], [version])
        point.payload["version"] = version
        self.qdrant.upsert("things", [point])

    def _drop(self, numbers):
        self.qdrant.delete("things", [uid(number) for number in numbers])


def killed(own_engine, kills, seed):
    """So many kills at random moments; returns the calls acknowledged. Looks at every point after each."""
    dice, known, calls = random.Random(seed), {}, 0
    engine = own_engine()
    make_collection(connect(engine), "things")
    for kill in range(kills):
        writers = [Writer(engine, 1_000_000 * (2 * kill + one + 1), known) for one in (0, 1)]
        for writer in writers:
            writer.start()
        while not all(writer.calls for writer in writers):
            time.sleep(0.001)
        time.sleep(dice.uniform(0.02, 0.4))
        engine.process.kill()
        engine.process.wait()
        for writer in writers:
            writer.join()
        calls += sum(writer.calls for writer in writers)
        doubtful = set().union(*(writer.doubtful for writer in writers))
        engine = own_engine()
        kept = versions(connect(engine))
        wrong = {
            n: (version, kept.get(n)) for n, version in known.items() if n not in doubtful and kept.get(n) != version
        }
        assert not wrong, f"kill {kill}, seed {seed}: {wrong}"
        assert kept.keys() <= known.keys() | doubtful, f"kill {kill}, seed {seed}: points nobody wrote"
        known |= {number: kept.get(number) for number in doubtful}  # what it is now, it stays
    return calls


def versions(qdrant):
    found, offset = {}, None
    while True:
        points, offset = qdrant.scroll("things", limit=2000, offset=offset)
        found |= {point.payload["n"]: point.payload["version"] for point in points}
        if offset is None:
            return found


@pytest.mark.verify
def test_nothing_acknowledged_is_lost_in_ten_kills(own_engine):
    assert killed(own_engine, 10, 7) > 100


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_in_a_hundred_kills(own_engine):
    seed = time.time_ns() % 10**6
    calls = killed(own_engine, 100, seed)
    sys.stderr.write(f"100 kills, seed {seed}: {calls} acknowledged writes, 0 lost\n")
