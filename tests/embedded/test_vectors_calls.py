"""The REST subset through the real client: search, read, write, and what is refused."""

from __future__ import annotations

import warnings

import httpx2
import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from qdrant_client.qdrant_remote import QdrantRemote

from embedded.vectors.process import VectorsProcess
from tests.embedded.conftest import make_collection, of, point_alias, struct, uid

pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


def numbers(points: list[models.ScoredPoint] | list[models.Record]) -> list[int]:
    return [point.payload["n"] for point in points]


def by_words(qdrant: QdrantClient, name: str, company: str) -> list[tuple[int, float]]:
    found = qdrant.query_points(
        name,
        query=models.SparseVector(indices=[1, 2], values=[1.0, 1.0]),
        using="lex",
        query_filter=of(company),
        search_params=models.SearchParams(idf=models.IdfCorpusParams(corpus=of(company))),
        limit=3,
    )
    return [(point.payload["n"], round(point.score, 5)) for point in found.points]


def test_the_client_finds_a_version_it_accepts(engine):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        QdrantRemote._check_compatibility(engine.url, {"api-key": engine.token}, None, 5)


def test_a_filter_keeps_other_companies_out(qdrant, things):
    qdrant.upsert(things, [struct(1, "acme", [1, 0, 0, 0], [1]), struct(2, "globex", [1, 0, 0, 0], [1])])
    found = qdrant.query_points(things, query=[1.0, 0, 0, 0], using="use", query_filter=of("acme"), limit=5)
    assert numbers(found.points) == [1]
    assert qdrant.count(things, count_filter=of("globex"), exact=True).count == 1


def test_documents_of_another_company_do_not_move_my_scores(qdrant, things):
    qdrant.upsert(things, [struct(n, "acme", [1, 0, 0, n / 50], [1, 2] if n == 7 else [2]) for n in range(1, 40)])
    before = by_words(qdrant, things, "acme")
    assert before[0][0] == 7
    qdrant.upsert(things, [struct(1000 + n, "globex", [0, 1, 0, 0], [1]) for n in range(2000)])
    assert by_words(qdrant, things, "acme") == before
    unscoped = qdrant.query_points(
        things, query=models.SparseVector(indices=[1, 2], values=[1.0, 1.0]), using="lex", query_filter=of("acme")
    )
    assert round(unscoped.points[0].score, 5) != before[0][1]  # without the corpus they do


def test_fusion_ranks_what_both_legs_found_first(qdrant, things):
    qdrant.upsert(
        things,
        [
            struct(1, "acme", [1, 0, 0, 0], [5]),
            struct(2, "acme", [0.9, 0.1, 0, 0], [1]),
            struct(3, "acme", [0, 1, 0, 0], [1]),
        ],
    )
    legs = [
        models.Prefetch(query=[1.0, 0, 0, 0], using="use", limit=2, filter=of("acme")),
        models.Prefetch(
            query=models.SparseVector(indices=[1], values=[1.0]),
            using="lex",
            limit=2,
            params=models.SearchParams(idf=models.IdfCorpusParams(corpus=of("acme"))),
        ),
    ]
    for query in (models.FusionQuery(fusion=models.Fusion.RRF), models.RrfQuery(rrf=models.Rrf(k=60))):
        assert numbers(qdrant.query_points(things, prefetch=legs, query=query, limit=3).points)[0] == 2


def test_a_score_threshold_and_a_batch_are_honoured(qdrant, things):
    qdrant.upsert(things, [struct(1, "acme", [1, 0, 0, 0], [1]), struct(2, "acme", [0, 1, 0, 0], [1])])
    near = models.QueryRequest(query=[1.0, 0, 0, 0], using="use", limit=5, score_threshold=0.9, with_payload=True)
    words = models.QueryRequest(
        query=models.SparseVector(indices=[1], values=[1.0]), using="lex", limit=5, with_payload=["n"]
    )
    first, second = qdrant.query_batch_points(things, [near, words])
    assert numbers(first.points) == [1]
    assert sorted(numbers(second.points)) == [1, 2]


def test_only_the_wanted_payload_and_vectors_are_sent(qdrant, things):
    qdrant.upsert(things, [struct(1, "acme", [0, 2, 0, 0], [4, 9])])
    (whole,) = qdrant.retrieve(things, [uid(1)], with_vectors=True)
    assert whole.payload == {"company_id": "acme", "n": 1}
    assert whole.vector == {"use": [0, 1, 0, 0], "lex": models.SparseVector(indices=[4, 9], values=[1, 1])}
    (part,) = qdrant.retrieve(things, [uid(1)], with_payload=models.PayloadSelectorExclude(exclude=["n"]))
    assert (part.payload, part.vector) == ({"company_id": "acme"}, None)
    query = {"query": [0.0, 1, 0, 0], "using": "use"}
    assert qdrant.query_points(things, **query, with_payload=["n"]).points[0].payload == {"n": 1}
    assert qdrant.query_points(things, **query, with_payload=False).points[0].payload is None
    assert list(qdrant.query_points(things, **query, with_vectors=["use"]).points[0].vector) == ["use"]


def test_scrolling_page_by_page_meets_every_point_once(qdrant, things):
    qdrant.upsert(things, [struct(n, "acme", [1, 0, 0, 0], [1]) for n in range(1, 36)])
    met, offset = [], None
    while True:
        page, offset = qdrant.scroll(things, scroll_filter=of("acme"), limit=10, offset=offset)
        met += numbers(page)
        if offset is None:
            break
    assert met == list(range(1, 36))


def test_payload_changes_and_points_go_by_id_and_by_filter(qdrant, things):
    qdrant.upsert(things, [struct(n, "acme" if n < 3 else "globex", [1, 0, 0, 0], [1]) for n in range(1, 5)])
    mine = models.Filter(must=[*of("acme").must, models.HasIdCondition(has_id=[uid(1), uid(3)])])
    qdrant.set_payload(things, {"visibility": "private"}, points=mine)
    shown = qdrant.scroll(things)[0]
    assert {point.payload["n"]: point.payload.get("visibility") for point in shown} == {
        1: "private",
        2: None,
        3: None,
        4: None,
    }
    qdrant.overwrite_payload(things, {"n": 20, "company_id": "acme"}, points=[uid(2)])
    qdrant.delete_payload(things, ["visibility"], points=[uid(1)])
    assert qdrant.retrieve(things, [uid(1)])[0].payload == {"company_id": "acme", "n": 1}
    qdrant.delete(things, models.FilterSelector(filter=of("globex")))
    qdrant.delete(things, [uid(1)])
    assert numbers(qdrant.scroll(things)[0]) == [20]


def test_filters_of_every_kind_mean_what_they_mean_in_qdrant(qdrant, things):
    qdrant.upsert(things, [struct(n, "acme", [1, 0, 0, 0], [1]) for n in range(1, 7)])
    qdrant.set_payload(things, {"day": "2026-01-05T00:00:00Z"}, points=[uid(4)])

    def having(**filters: object) -> list[int]:
        return numbers(qdrant.scroll(things, scroll_filter=models.Filter(**filters))[0])

    def n_is(**match: object) -> models.FieldCondition:
        (kind, value), *_ = match.items()
        made = {"value": models.MatchValue, "any": models.MatchAny, "except": models.MatchExcept}[kind](**{kind: value})
        return models.FieldCondition(key="n", match=made)

    span = models.FieldCondition(key="n", range=models.Range(gt=1, lte=3))
    late = models.FieldCondition(key="day", range=models.DatetimeRange(gte="2026-01-01T00:00:00Z"))
    assert having(must=[span]) == [2, 3]
    assert having(must=[late]) == [4]
    assert having(should=[n_is(value=1), n_is(any=[5, 6])]) == [1, 5, 6]
    assert having(must=[n_is(**{"except": [1, 2, 3, 4]})]) == [5, 6]
    assert having(must_not=[models.Filter(should=[span, n_is(value=6)])]) == [1, 4, 5]
    assert having(must=[n_is(any=[])]) == []  # a list that names nothing finds nothing
    assert having(must_not=[models.IsEmptyCondition(is_empty=models.PayloadField(key="day"))]) == [4]
    least = models.MinShould(conditions=[span, n_is(value=3), n_is(value=6)], min_count=2)
    assert having(min_should=least) == [3]


def test_an_alias_switches_to_the_new_collection_in_one_step(qdrant, things):
    qdrant.upsert(things, [struct(1, "acme", [1, 0, 0, 0], [1])])
    successor = make_collection(qdrant, f"{things}next")
    qdrant.upsert(successor, [struct(2, "acme", [1, 0, 0, 0], [1])])
    point_alias(qdrant, things, f"{successor}_v1")
    assert numbers(qdrant.scroll(things)[0]) == [2]
    assert {one.alias_name for one in qdrant.get_collection_aliases(f"{successor}_v1").aliases} == {things, successor}
    qdrant.delete_collection(f"{things}_v1")
    assert numbers(qdrant.scroll(things)[0]) == [2]
    assert not qdrant.collection_exists(f"{things}_v1")
    qdrant.delete_collection(f"{successor}_v1")
    assert not {things, successor} & {one.alias_name for one in qdrant.get_aliases().aliases}


def test_one_bad_alias_action_undoes_the_others(qdrant, things):
    drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=things))
    lost = models.CreateAlias(collection_name="nowhere", alias_name=things)
    with pytest.raises(UnexpectedResponse, match="404"):
        qdrant.update_collection_aliases([drop, models.CreateAliasOperation(create_alias=lost)])
    assert qdrant.collection_exists(things)


def test_a_collection_tells_what_it_consists_of(qdrant, things):
    qdrant.upsert(things, [struct(n, "acme" if n < 3 else "globex", [1, 0, 0, 0], [1]) for n in range(1, 4)])
    found = qdrant.get_collection(things)
    assert found.points_count == 3
    assert found.config.params.vectors["use"].size == 4
    assert found.config.params.sparse_vectors["lex"].modifier == models.Modifier.IDF
    assert found.payload_schema["company_id"].data_type == models.PayloadSchemaType.KEYWORD
    assert {hit.value: hit.count for hit in qdrant.facet(things, "company_id").hits} == {"acme": 2, "globex": 1}
    assert f"{things}_v1" in {one.name for one in qdrant.get_collections().collections}


@pytest.mark.parametrize(
    "vector",
    [
        {"use": [1, 0]},
        {"nope": [1, 0, 0, 0]},
        {"use": ["a", 0, 0, 0]},
        {"lex": {"indices": [1, 1], "values": [1, 1]}},
        {"lex": {"indices": [1, 2], "values": [1]}},
        {"lex": {"indices": [-1], "values": [1]}},
    ],
)
def test_a_batch_with_one_bad_point_changes_nothing(engine, qdrant, things, vector):
    points = [{"id": 1, "vector": {"use": [1, 0, 0, 0]}}, {"id": 2, "vector": vector}]
    reply = put(engine, f"/collections/{things}/points", {"points": points})
    assert reply.status_code == 400
    assert reply.json()["status"]["error"]
    assert qdrant.count(things, exact=True).count == 0


def put(engine: VectorsProcess, path: str, body: object) -> httpx2.Response:
    return httpx2.put(engine.url + path, json=body, headers={"api-key": engine.token})


def test_deleting_by_a_filter_that_names_nothing_is_refused(qdrant, things):
    qdrant.upsert(things, [struct(1, "acme", [1, 0, 0, 0], [1])])
    for nothing in (models.Filter(), models.Filter(must=[])):
        with pytest.raises(UnexpectedResponse, match="400"):
            qdrant.delete(things, models.FilterSelector(filter=nothing))
    assert qdrant.count(things, exact=True).count == 1


def test_a_name_that_is_taken_and_one_that_is_not_there(qdrant, things):
    with pytest.raises(UnexpectedResponse, match="409"):
        qdrant.create_collection(f"{things}_v1", {"use": models.VectorParams(size=4, distance=models.Distance.DOT)})
    with pytest.raises(UnexpectedResponse, match="404"):
        qdrant.count("nowhere")
    for name in ("../up", "UP", "a.b", "x" * 61):
        with pytest.raises(UnexpectedResponse, match="400"):
            qdrant.create_collection(name, {"use": models.VectorParams(size=4, distance=models.Distance.DOT)})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/points/search/matrix/pairs", {}),
        ("POST", "/points/query/groups", {}),
        ("POST", "/snapshots", {}),
        ("POST", "/points/query", {"query": {"recommend": {"positive": [1]}}, "using": "use"}),
        ("POST", "/points/query", {"query": [1, 0, 0, 0], "using": "use", "lookup_from": {"collection": "x"}}),
        ("POST", "/points/count", {"filter": {"must": [{"key": "n", "geo_radius": {}}]}}),
        ("PUT", "/points", {"batch": {"ids": [1], "vectors": []}}),
    ],
)
def test_what_the_engine_does_not_have_it_says_so(engine, things, method, path, body):
    reply = httpx2.request(
        method, f"{engine.url}/collections/{things}{path}", json=body, headers={"api-key": engine.token}
    )
    assert reply.status_code == 501
    assert "Not part of the embedded vector engine" in reply.json()["status"]["error"]


def test_without_the_token_nothing_is_answered(engine):
    for headers in ({}, {"api-key": ""}, {"api-key": engine.token[:-1]}, {"api-key": "ü".encode()}):
        assert httpx2.get(engine.url + "/collections", headers=headers).status_code == 401
    assert httpx2.get(engine.url + "/", headers={"api-key": engine.token}).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"points": 5}', b'{"points": [{"id": -1, "vector": {}}]}', b"null"])
def test_a_body_that_cannot_be_read_is_a_bad_request(engine, things, body):
    url = f"{engine.url}/collections/{things}/points"
    assert httpx2.put(url, content=body, headers={"api-key": engine.token}).status_code == 400
