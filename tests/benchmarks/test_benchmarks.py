"""The benchmarks run and print valid lines; nothing here judges a time (decision 30)."""

from __future__ import annotations

import subprocess
import sys
from operator import mul

import orjson
import pytest

from benchmarks.cases import NAMES
from benchmarks.index import clustered
from benchmarks.measure import Cost, Server, alternate, best
from benchmarks.texts import Hashed, Writer

KEYS = {"name", "ours", "reference", "reference_name", "ratio", "goal", "ok", "unit"}


@pytest.mark.verify
def test_every_benchmark_prints_a_valid_line_in_its_short_form():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--short"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in lines] == list(NAMES)
    for line in lines:
        assert line.keys() >= KEYS
        assert any(key.startswith("cpu_") for key in line)
        assert isinstance(line["ok"], bool)
        assert line["ours"] > 0
        assert (line["reference"] or 1) > 0


def test_an_unknown_benchmark_is_named():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--only", "nothing"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "nothing" in done.stderr


def test_sides_take_turns_and_the_first_round_is_not_counted(superuser_url):
    order: list[str] = []
    found = alternate(Server(superuser_url), 2, a=lambda: order.append("a"), b=lambda: order.append("b"))
    assert order == ["a", "b"] * 3
    assert {name: len(costs) for name, costs in found.items()} == {"a": 2, "b": 2}


def test_the_server_s_cpu_is_counted_with_that_of_processes_that_ended(superuser_url):
    import psycopg

    server = Server(superuser_url)
    before = server.cpu()
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 2000000)")
    assert server.cpu() - before > 0.02


def test_the_best_takes_the_least_of_each_figure():
    assert best([Cost(3, 1, 2), Cost(2, 2, 1)]) == Cost(2, 1, 1)


def test_a_writer_repeats_itself_for_its_seed_and_no_other():
    one, same, other = (Writer(seed).text(5) for seed in (1, 1, 2))
    assert one == same != other


def test_the_embedder_that_takes_no_time_puts_texts_near_that_share_words():
    model = Hashed()
    question, near, far = model.embed(["the lid leaks after a fall", "after a fall the lid leaks", "choose entry 7 of the menu"])
    assert len(question) == model.size
    assert sum(one * one for one in question) == pytest.approx(1)
    cosine = [sum(map(mul, question, one)) for one in (near, far)]
    assert cosine[0] > 0.99 > 0.5 > cosine[1]
    assert model.seen[1] == "after a fall the lid leaks"


def test_what_is_asked_for_in_a_search_is_always_drawn_alike_and_of_length_one():
    vectors = clustered(50, 16, 3)
    assert (vectors == clustered(50, 16, 3)).all()
    assert (vectors**2).sum(axis=1) == pytest.approx(1, abs=1e-5)
