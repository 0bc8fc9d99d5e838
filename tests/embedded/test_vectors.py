"""The owner process through the real client: filters, aliases, companies' own IDF, kill -9, one owner."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from uuid import UUID

import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from embedded.vectors.process import VectorsProcess


@pytest.fixture
def engine(tmp_path):
    process = VectorsProcess(tmp_path / "vectors").start()
    yield process
    process.stop()


def client(engine: VectorsProcess) -> QdrantClient:
    return QdrantClient(url=engine.url, api_key=engine.token, timeout=10)


def make_collection(qdrant: QdrantClient) -> None:
    qdrant.create_collection(
        "things_v1",
        {"use": models.VectorParams(size=4, distance=models.Distance.COSINE, hnsw_config=models.HnswConfigDiff(m=0))},
        {"lex": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    keyword = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    qdrant.create_payload_index("things_v1", "company_id", keyword)
    alias = models.CreateAlias(collection_name="things_v1", alias_name="things")
    qdrant.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])


def struct(number: int, company: str, dense: list[float], words: list[int]) -> models.PointStruct:
    sparse = models.SparseVector(indices=words, values=[1.0] * len(words))
    return models.PointStruct(
        id=str(UUID(int=number)), vector={"use": dense, "lex": sparse}, payload={"company_id": company, "n": number}
    )


def of(company: str) -> models.Filter:
    return models.Filter(must=[models.FieldCondition(key="company_id", match=models.MatchValue(value=company))])


def by_words(qdrant: QdrantClient, company: str) -> list[tuple[str, float]]:
    answer = qdrant.query_points(
        "things",
        query=models.SparseVector(indices=[1, 2], values=[1.0, 1.0]),
        using="lex",
        query_filter=of(company),
        search_params=models.SearchParams(idf=models.IdfCorpusParams(corpus=of(company))),
        limit=3,
    )
    return [(str(point.id), round(point.score, 4)) for point in answer.points]


def test_a_filter_keeps_other_companies_out(engine):
    qdrant = client(engine)
    make_collection(qdrant)
    qdrant.upsert("things", [struct(1, "acme", [1, 0, 0, 0], [1]), struct(2, "globex", [1, 0, 0, 0], [1])], wait=True)
    found = qdrant.query_points("things", query=[1.0, 0, 0, 0], using="use", query_filter=of("acme"), limit=5)
    assert [point.payload["n"] for point in found.points] == [1]
    assert qdrant.count("things", count_filter=of("globex"), exact=True).count == 1


def test_documents_of_another_company_do_not_move_my_scores(engine):
    qdrant = client(engine)
    make_collection(qdrant)
    mine = [struct(n, "acme", [1, 0, 0, n / 50], [2] if n != 7 else [1, 2]) for n in range(1, 40)]
    qdrant.upsert("things", mine, wait=True)
    before = by_words(qdrant, "acme")
    assert before[0][0] == str(UUID(int=7))
    others = [struct(1000 + n, "globex", [0, 1, 0, 0], [1]) for n in range(2000)]
    qdrant.upsert("things", others, wait=True)
    assert by_words(qdrant, "acme") == before


def test_points_survive_a_kill_and_aliases_too(engine):
    qdrant = client(engine)
    make_collection(qdrant)
    qdrant.upsert("things", [struct(n, "acme", [1, 0, 0, 0], [n]) for n in range(1, 78)], wait=True)
    engine.process.kill()
    engine.process.wait()
    again = VectorsProcess(engine.data, token=engine.token).start()
    try:
        assert client(again).count("things", exact=True).count == 77
    finally:
        again.stop()


def test_a_second_owner_is_refused_and_the_first_goes_on(engine):
    command = [sys.executable, "-m", "embedded.vectors", "--data", str(engine.data), "--port", "1", "--token", "t"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3
    assert "served by another process" in done.stderr
    qdrant = client(engine)
    make_collection(qdrant)
    qdrant.upsert("things", [struct(1, "acme", [1, 0, 0, 0], [1])], wait=True)
    assert qdrant.count("things", exact=True).count == 1


def test_payload_can_change_without_vectors_and_points_can_go(engine):
    qdrant = client(engine)
    make_collection(qdrant)
    qdrant.upsert("things", [struct(1, "acme", [1, 0, 0, 0], [1]), struct(2, "globex", [1, 0, 0, 0], [1])], wait=True)
    both = models.HasIdCondition(has_id=[str(UUID(int=1)), str(UUID(int=2))])
    mine = models.Filter(must=[*of("acme").must, both])
    qdrant.set_payload("things", {"visibility": "private"}, points=mine, wait=True)
    shown = qdrant.scroll("things", with_payload=True)[0]
    assert {point.payload["n"]: point.payload.get("visibility") for point in shown} == {1: "private", 2: None}
    qdrant.delete("things", models.FilterSelector(filter=mine), wait=True)
    assert [point.payload["n"] for point in qdrant.scroll("things", with_payload=True)[0]] == [2]


def test_unknown_calls_say_so_and_a_wrong_token_is_refused(engine):
    qdrant = client(engine)
    make_collection(qdrant)
    with pytest.raises(UnexpectedResponse, match="501"):
        qdrant.facet("things", "company_id")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(engine.url + "/collections")
