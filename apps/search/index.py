"""A company's view of the vector engine: every call carries the company filter, every hit is checked again."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.conf import settings

from apps.accounts.reach import Reach
from apps.core.errors import ExternalUnavailable, TenantLeak
from apps.core.late import Late
from apps.search.placing import CLOSED, PLACE
from apps.tenancy.alarms import alarm
from apps.tenancy.context import current_company

if TYPE_CHECKING:
    import httpx as transport
    import qdrant_client as library
    from qdrant_client import QdrantClient, models
    from qdrant_client.http import exceptions
else:  # most of a second of CPU, which no command and no page waits for that searches nothing
    transport, library = Late("httpx"), Late("qdrant_client")
    models, exceptions = Late("qdrant_client.models"), Late("qdrant_client.http.exceptions")


@dataclass(frozen=True, slots=True)
class Space:
    """A collection and what its points hold, reached through its alias. `words`: the sparse vectors of the words too."""

    alias: str
    profile: str
    vector: str
    size: int
    words: bool

    @property
    def collection(self) -> str:
        return f"{self.alias}_{self.profile}"


CHUNKS = Space("chunks", "use_v1", "use", 512, words=True)
SECOND = Space("second", "e5_v1", "e5", 384, words=False)  # of articles only, filled in behind (decision 0059)
PROFILE, DENSE_SIZE = CHUNKS.profile, CHUNKS.size
SPARSE = "lex"
POINTS = UUID("7a0f4f5e-53b1-5d55-9a35-6d1f2e3c8b47")  # namespace of point ids
BATCH = 128
VACUUM = {"deleted_threshold": 0.001, "vacuum_min_vector_number": 100}  # the least a server takes
VISIBILITIES = frozenset(("public", "private", "restricted"))  # all that are indexed
KEYWORDS = ("kind", "source_id", "ticket_id", "visibility", "language", "group", "agent", "connection", "products", "readers", "barred")
EVERY_PRODUCT = "*"  # of a point that belongs to none, and so serves all


@dataclass(frozen=True, slots=True)
class Sparse:
    """Token ids and their weights, ids ascending and distinct."""

    indices: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk as the engine keeps it. `payload` never holds text (decisions 15). `sparse`: where the space has words."""

    id: UUID
    dense: list[float]
    sparse: Sparse | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A point that matched, with the score of one leg."""

    id: UUID
    score: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search may return inside the company. `reach`: of whoever will see it; articles with it, too.
    `sources`: only chunks of these messages, files and articles; `tickets`: only of these tickets; `since`: only of sources
    changed at that time or later; `product`: only what serves it, None asks for no product."""

    reach: Reach
    kinds: tuple[str, ...] = ("message", "article", "attachment", "resolution")
    visibilities: tuple[str, ...] = ("public",)
    not_ticket: str | None = None
    sources: tuple[str, ...] | None = None
    tickets: tuple[str, ...] | None = None
    language: str = ""
    since: datetime | None = None
    product: UUID | None = None


def point_id(profile: str, source_id: UUID, kind: str, position: int) -> UUID:
    """Deterministic and different for two companies even when their remote ids agree (tenancy.md Q1)."""
    return uuid5(POINTS, f"{current_company().company_id}/{profile}/{kind}/{source_id}/{position}")


def load_library() -> None:
    """Load the engine's client now: otherwise the first search of the process waits for it."""
    Late.load(library)


@lru_cache(maxsize=1)
def _client() -> QdrantClient:
    # without limits of ours the library opens a connection for every call to this machine; the engine ends one after
    # five seconds without use, so we do before it
    kept = transport.Limits(max_keepalive_connections=10, keepalive_expiry=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a key over plain http: the engine is on this machine or behind the firewall
        return library.QdrantClient(
            url=settings.QDRANT_URL, api_key=settings.QDRANT_API_KEY, timeout=10, check_compatibility=False, limits=kept
        )


class CompanyIndex:
    """Bound to one company at birth; has no method without its filter.

    Raises ExternalUnavailable when the engine is down.
    """

    def __init__(self, client: QdrantClient, company_id: str, space: Space = CHUNKS) -> None:
        self._client = client
        self._company_id = company_id
        self._space, self._alias = space, space.alias

    def put(self, points: Sequence[Point]) -> None:
        """Write points; returns when they are durable."""
        for start in range(0, len(points), BATCH):
            batch = [self._struct(point) for point in points[start : start + BATCH]]
            _engine(self._client.upsert, self._alias, batch, wait=True)

    def delete(self, ids: Iterable[UUID]) -> None:
        """Remove points of this company; ids of others are left alone by the filter."""
        wanted = [str(one) for one in ids]
        if wanted:
            condition = models.Filter(must=[self._own(), models.HasIdCondition(has_id=wanted)])
            _engine(self._client.delete, self._alias, models.FilterSelector(filter=condition), wait=True)

    def place(self, ids: Iterable[UUID], place: Mapping[str, Any]) -> None:
        """Change whose points are and who may see them, while their words stay the same: no new vectors. Keys of PLACE
        and CLOSED."""
        wanted = [str(one) for one in ids]
        if wanted:
            condition = models.Filter(must=[self._own(), models.HasIdCondition(has_id=wanted)])
            told = {key: place[key] for key in (*PLACE, *CLOSED) if key in place}
            _engine(self._client.set_payload, self._alias, told, points=condition, wait=True)

    def doubt(self, ids: Iterable[UUID]) -> None:
        """The words these points were made of count as unknown, so that whoever compares them makes them anew."""
        wanted = [str(one) for one in ids]
        if wanted:
            condition = models.Filter(must=[self._own(), models.HasIdCondition(has_id=wanted)])
            _engine(self._client.set_payload, self._alias, {"content_hash": ""}, points=condition, wait=True)

    def count(self) -> int:
        answer = _engine(self._client.count, self._alias, count_filter=models.Filter(must=[self._own()]), exact=True)
        return int(answer.count)

    def held(self, sources: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
        """{id: payload} of all points of these sources."""
        wanted = [str(one) for one in sources]
        of_these = models.FieldCondition(key="source_id", match=models.MatchAny(any=wanted))
        found, offset = self._scroll([of_these], BATCH, None) if wanted else ({}, None)
        while offset is not None:
            more, offset = self._scroll([of_these], BATCH, offset)
            found |= more
        return found

    def page(self, start: UUID | None, limit: int) -> tuple[dict[UUID, dict[str, Any]], UUID | None]:
        """({id: payload}, where the next page starts) in the order of ids; None at the end."""
        return self._scroll([], limit, start)

    def _scroll(
        self, also: list[Any], limit: int, start: UUID | None
    ) -> tuple[dict[UUID, dict[str, Any]], UUID | None]:
        points, following = _engine(
            self._client.scroll, self._alias, scroll_filter=models.Filter(must=[self._own(), *also]), limit=limit,
            offset=str(start) if start else None, with_payload=True,
        )  # fmt: skip
        found = {UUID(str(self._mine(one).id)): one.payload for one in points}
        return found, UUID(str(following)) if following is not None else None

    def nearest(self, vector: list[float], wanted: Wanted, limit: int) -> list[Found]:
        """By meaning: cosine of the dense vectors."""
        return self._query(vector, self._space.vector, wanted, limit, None)

    def closeness(self, vector: list[float], ids: Iterable[UUID]) -> list[Found]:
        """Cosine of points already found by their words: a hit of one leg needs the score of the other too."""
        wanted = [str(one) for one in ids]
        if not wanted:
            return []
        condition = models.Filter(must=[self._own(), models.HasIdCondition(has_id=wanted)])
        return self._ask(vector, self._space.vector, condition, len(wanted), None)

    def matching(self, vector: Sparse, wanted: Wanted, limit: int) -> list[Found]:
        """By words. Weights count documents of this company only (decisions 17): others must not move my scores."""
        if not vector.indices:
            return []
        query = models.SparseVector(indices=vector.indices, values=vector.values)
        corpus = models.IdfCorpusParams(corpus=models.Filter(must=[self._own()]))
        return self._query(query, SPARSE, wanted, limit, models.SearchParams(idf=corpus))

    def _query(self, query: Any, using: str, wanted: Wanted, limit: int, params: Any) -> list[Found]:
        return self._ask(query, using, self._filter(wanted), limit, params)

    def _ask(self, query: Any, using: str, condition: models.Filter, limit: int, params: Any) -> list[Found]:
        answer = _engine(
            self._client.query_points,
            self._alias,
            query=query,
            using=using,
            query_filter=condition,
            search_params=params,
            limit=limit,
            with_payload=["company_id"],
        )
        return [Found(UUID(str(self._mine(point).id)), point.score) for point in answer.points]

    def _filter(self, wanted: Wanted) -> models.Filter:
        must: list[Any] = [
            self._own(),
            models.FieldCondition(key="kind", match=models.MatchAny(any=list(wanted.kinds))),
        ]
        if not VISIBILITIES.issubset(wanted.visibilities):  # who may see all needs no condition, which costs a tenth
            must.append(models.FieldCondition(key="visibility", match=models.MatchAny(any=list(wanted.visibilities))))
        if not wanted.reach.everything:
            must.append(_within(wanted.reach))
        if wanted.product is not None:  # a point that does not tell serves nobody: it is told anew by the sweep
            serving = models.MatchAny(any=[EVERY_PRODUCT, str(wanted.product)])
            must.append(models.FieldCondition(key="products", match=serving))
        if wanted.sources is not None:
            must.append(models.FieldCondition(key="source_id", match=models.MatchAny(any=list(wanted.sources))))
        if wanted.tickets is not None:
            must.append(models.FieldCondition(key="ticket_id", match=models.MatchAny(any=list(wanted.tickets))))
        if wanted.language:
            must.append(models.FieldCondition(key="language", match=models.MatchValue(value=wanted.language)))
        if wanted.since is not None:
            must.append(models.FieldCondition(key="updated_at", range=models.Range(gte=int(wanted.since.timestamp()))))
        must_not: list[Any] = []
        if wanted.not_ticket is not None:
            must_not = [models.FieldCondition(key="ticket_id", match=models.MatchValue(value=wanted.not_ticket))]
        return models.Filter(must=must, must_not=must_not or None)

    def _own(self) -> models.FieldCondition:
        return models.FieldCondition(key="company_id", match=models.MatchValue(value=self._company_id))

    def _struct(self, point: Point) -> models.PointStruct:
        vectors: dict[str, Any] = {self._space.vector: point.dense}
        if point.sparse is not None:
            vectors[SPARSE] = models.SparseVector(indices=point.sparse.indices, values=point.sparse.values)
        return models.PointStruct(
            id=str(point.id), vector=vectors, payload=point.payload | {"company_id": self._company_id}
        )

    def _mine(self, point: Any) -> Any:
        if (point.payload or {}).get("company_id") != self._company_id:
            alarm("vector")
            raise TenantLeak("the vector engine returned a point of another company")
        return point


def _within(reach: Reach) -> models.Filter:
    """Points of tickets and articles within the reach. A point that does not tell is left out where tickets are limited; the
    rows are asked again of both."""
    article = models.FieldCondition(key="kind", match=models.MatchValue(value="article"))
    limited = [models.FieldCondition(key="connection", match=_any(reach.limited))] if reach.limited else []
    should: list[Any] = [models.Filter(must_not=[article, *limited])]
    should += [article] if reach.met is None else _read_articles(article, reach.met)
    for key, ids in (("group", reach.groups), ("agent", reach.agents)):
        should += [models.FieldCondition(key=key, match=_any(ids))] if ids else []
    return models.Filter(should=should)


def _read_articles(article: Any, met: Iterable[tuple[UUID, tuple[str, ...]]]) -> list[Any]:
    """Points of articles that `Reach.reads` lets through: those of everybody, and a connection's by the criteria met there."""
    nobody_asked, nobody_barred = (models.IsEmptyCondition(is_empty=models.PayloadField(key=key)) for key in CLOSED)
    found = [models.Filter(must=[article, nobody_asked, nobody_barred])]
    for home, ids in met:
        here = models.FieldCondition(key="connection", match=models.MatchValue(value=str(home)))
        named, barring = (models.FieldCondition(key=key, match=models.MatchAny(any=list(ids))) for key in CLOSED)
        reads = models.Filter(should=[nobody_asked, *([named] if ids else [])])
        found.append(models.Filter(must=[article, here, reads], must_not=[barring] if ids else None))
    return found


def _any(ids: Sequence[UUID]) -> models.MatchAny:
    return models.MatchAny(any=[str(one) for one in ids])


def open_index(space: Space = CHUNKS) -> CompanyIndex:
    """The bound company's index. Raises NoCompany outside a binding."""
    return CompanyIndex(_client(), current_company().company_id, space)


def products_told(products: Iterable[str]) -> list[str]:
    """What a point says of the products its source belongs to; none is all."""
    return sorted(products) or [EVERY_PRODUCT]


def erase_company() -> int:
    """Remove every point of the bound company from every collection, of whatever profile. Returns how many there were.

    They are found by nobody on return; their bytes are gone after `sweep_index`. Repeating it changes nothing.
    Raises NoCompany outside a binding, ExternalUnavailable when the engine is down.
    """
    own = models.FieldCondition(key="company_id", match=models.MatchValue(value=current_company().company_id))
    client, condition, erased = _client(), models.Filter(must=[own]), 0
    for name in _collections(client):
        erased += int(_engine(client.count, name, count_filter=condition, exact=True).count)
        _engine(client.delete, name, models.FilterSelector(filter=condition), wait=True)
    return erased


def erase_connection(connection_id: UUID) -> None:
    """Remove every point of one connection of the bound company from every collection. Repeating it changes nothing.

    Raises NoCompany outside a binding, ExternalUnavailable when the engine is down.
    """
    own = models.FieldCondition(key="company_id", match=models.MatchValue(value=current_company().company_id))
    its = models.FieldCondition(key="connection", match=models.MatchValue(value=str(connection_id)))
    client = _client()
    for name in _collections(client):
        _engine(client.delete, name, models.FilterSelector(filter=models.Filter(must=[own, its])), wait=True)


def sweep_index() -> None:
    """Have the engine write its files anew without what was deleted. Work of the operator: companies share the files.

    The embedded engine has done so on return and answers nothing else meanwhile, about a second for 30,000 points; a
    Qdrant server begins on return, segment by segment. Raises ExternalUnavailable.
    """
    client = _client()
    for name in _collections(client):
        _engine(client.update_collection, name, optimizers_config=models.OptimizersConfigDiff(**VACUUM))


def _collections(client: QdrantClient) -> list[str]:
    return [one.name for one in _engine(client.get_collections).collections]


def ensure_collection(space: Space = CHUNKS) -> None:
    """Create collection, payload indexes and alias where they are missing. Safe to repeat and to race.

    The alias comes last: where it stands, a crash has left nothing out.
    """
    client = _client()
    if space.alias in {one.alias_name for one in _engine(client.get_aliases).aliases}:
        return _complete(client, space.alias)
    if not _engine(client.collection_exists, space.collection):
        _create_collection(client, space)
    tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    _engine(client.create_payload_index, space.collection, "company_id", tenant)
    _index_keywords(client, space.collection)
    create = models.CreateAlias(collection_name=space.collection, alias_name=space.alias)
    _engine(client.update_collection_aliases, [models.CreateAliasOperation(create_alias=create)])


@lru_cache(maxsize=8)
def _complete(client: QdrantClient, alias: str) -> None:
    """A collection of an older release lacks the newest keys; looked after once a process."""
    _index_keywords(client, alias)


def _index_keywords(client: QdrantClient, name: str) -> None:
    for key in KEYWORDS:
        _engine(client.create_payload_index, name, key, models.PayloadSchemaType.KEYWORD)


def _create_collection(client: QdrantClient, space: Space) -> None:
    exact = models.HnswConfigDiff(m=0)
    dense = {space.vector: models.VectorParams(size=space.size, distance=models.Distance.COSINE, hnsw_config=exact)}
    sparse = {SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)} if space.words else None
    try:
        client.create_collection(space.collection, dense, sparse)
    except exceptions.UnexpectedResponse as exc:
        if exc.status_code != 409:  # another worker got there first
            raise ExternalUnavailable("The vector engine did not take a collection.", code="index_unavailable") from exc
    except (exceptions.ApiException, OSError) as exc:
        raise ExternalUnavailable("The vector engine did not answer.", code="index_unavailable") from exc


def _engine(call: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return call(*args, **kwargs)
    except (exceptions.ApiException, OSError) as exc:
        raise ExternalUnavailable("The vector engine did not answer as expected.", code="index_unavailable") from exc
