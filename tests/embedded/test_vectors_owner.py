"""The owner of a folder of vectors: what survives a kill, and that there is only one."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import orjson
import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import ResponseHandlingException

from tests.embedded.conftest import connect, make_collection, of, struct, uid

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


def kill(engine):
    engine.process.kill()
    engine.process.wait()


def test_everything_acknowledged_is_there_after_a_kill_in_the_middle_of_writing(own_engine):
    engine = own_engine()
    make_collection(connect(engine), "things")
    acknowledged = []

    def write(writer: int) -> None:
        qdrant = connect(engine)
        for n in range(1, 400):
            number = writer * 1000 + n
            try:
                qdrant.upsert("things", [struct(number, "acme", [1, 0, 0, n], [n])])
            except ResponseHandlingException:
                return
            acknowledged.append(number)

    writers = [threading.Thread(target=write, args=(one,)) for one in (1, 2)]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 120:
        threading.Event().wait(0.01)
    kill(engine)
    for writer in writers:
        writer.join()
    qdrant = connect(own_engine())
    kept = {point.payload["n"] for point in qdrant.scroll("things", limit=2000)[0]}
    assert len(acknowledged) >= 120
    assert set(acknowledged) <= kept
    assert len(kept) <= len(acknowledged) + 2  # each writer had one more on its way


def test_a_refused_batch_does_not_come_back_after_a_kill(own_engine):
    engine = own_engine()
    make_collection(connect(engine), "things")
    good, bad = {"id": 1, "vector": {"use": [1, 0, 0, 0]}}, {"id": 2, "vector": {"use": [1]}}
    url, headers = f"{engine.url}/collections/things/points", {"api-key": engine.token}
    assert httpx2.put(url, json={"points": [good, bad]}, headers=headers).status_code == 400
    kill(engine)
    assert connect(own_engine()).count("things", exact=True).count == 0


def test_indexes_scores_and_aliases_are_the_same_after_a_stop_and_a_start(own_engine):
    engine = own_engine()
    qdrant = connect(engine)
    make_collection(qdrant, "things")
    qdrant.upsert("things", [struct(n, "acme", [1, n / 9, 0, 0], [1, n]) for n in range(2, 60)])
    qdrant.delete("things", [uid(n) for n in range(30, 60)])

    def scores(client):
        corpus = models.SearchParams(idf=models.IdfCorpusParams(corpus=of("acme")))
        words = models.SparseVector(indices=[1, 7], values=[1.0, 1.0])
        by_words = client.query_points(
            "things", query=words, using="lex", limit=4, query_filter=of("acme"), search_params=corpus
        )
        near = client.query_points("things", query=[1.0, 1, 0, 0], using="use", limit=4, query_filter=of("acme"))
        return [(point.id, round(point.score, 5)) for point in (*by_words.points[:1], *near.points)]

    before = scores(qdrant)
    engine.stop()
    assert engine.process.returncode == 0
    qdrant = connect(own_engine())
    assert scores(qdrant) == before
    assert list(qdrant.get_collection("things").payload_schema) == ["company_id"]


def test_a_second_owner_is_refused_and_the_first_still_flushes(own_engine):
    engine = own_engine()
    qdrant = connect(engine)
    make_collection(qdrant, "things")
    command = [sys.executable, "-m", "embedded.vectors", "--data", str(engine.data), "--port", "1", "--token", "t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "served by another process" in done.stderr
    qdrant.upsert("things", [struct(n, "acme", [1, 0, 0, n], [n]) for n in range(1, 51)])
    engine.stop()
    assert engine.process.returncode == 0  # a flush that fails would end it with an error
    assert connect(own_engine()).count("things", exact=True).count == 50


def test_what_a_kill_left_half_made_or_half_deleted_is_swept_away(own_engine):
    engine = own_engine()
    make_collection(connect(engine), "things")
    kill(engine)
    for left in ("other_v1.new", "older_v1.gone"):
        (engine.data / left / "segments").mkdir(parents=True)
    qdrant = connect(own_engine())
    assert [one.name for one in qdrant.get_collections().collections] == ["things_v1"]
    assert sorted(one.name for one in engine.data.iterdir() if one.is_dir()) == ["things_v1"]


def test_a_sweep_leaves_no_byte_of_what_was_deleted_and_all_of_the_rest(own_engine):
    engine = own_engine()
    qdrant = connect(engine)
    make_collection(qdrant, "things")
    gone, stays = secrets.token_hex(12), secrets.token_hex(12)
    qdrant.upsert("things", [marked(n, gone) for n in range(1, 4)] + [marked(n, stays) for n in range(4, 400)])
    qdrant.delete("things", [uid(n) for n in range(1, 4)])
    assert holding(engine.data, gone)
    assert qdrant.update_collection("things", optimizers_config=models.OptimizersConfigDiff(deleted_threshold=0.1))
    assert holding(engine.data, gone) == []
    assert holding(engine.data, stays)
    qdrant.upsert("things", [marked(4, "newer")])  # what comes after it is kept too
    kill(engine)
    kept = {point.id: point.payload["mark"] for point in connect(own_engine()).scroll("things", limit=500)[0]}
    assert kept == {uid(n): stays for n in range(5, 400)} | {uid(4): "newer"}


def test_a_folder_of_an_older_release_is_swept_too(own_engine):
    engine = own_engine()
    make_collection(connect(engine), "things")
    engine.stop()
    settings = engine.data / "things_v1" / "edge_config.json"
    older = orjson.loads(settings.read_bytes())
    older.pop("optimizers")
    settings.write_bytes(orjson.dumps(older))
    engine = own_engine()
    qdrant = connect(engine)
    mark = secrets.token_hex(12)
    qdrant.upsert("things", [marked(n, mark if n == 1 else "-") for n in range(1, 400)])
    qdrant.delete("things", [uid(1)])
    qdrant.update_collection("things", optimizers_config=models.OptimizersConfigDiff(deleted_threshold=0.1))
    assert holding(engine.data, mark) == []


def marked(number: int, mark: str) -> models.PointStruct:
    point = struct(number, "acme", [1, 0, 0, number], [number])
    point.payload["mark"] = mark
    return point


def holding(folder: Path, mark: str) -> list[str]:
    return [one.name for one in folder.rglob("*") if one.is_file() and mark.encode() in one.read_bytes()]
