"""A vector engine for the calls that leave it standing, and the small vocabulary of its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from qdrant_client import QdrantClient, models

from embedded.vectors.process import VectorsProcess

NUMBERS = count(1)


def connect(engine: VectorsProcess) -> QdrantClient:
    return QdrantClient(url=engine.url, api_key=engine.token, timeout=10, check_compatibility=False)


def make_collection(qdrant: QdrantClient, name: str) -> str:
    """Collection <name>_v1 with the product's two vectors (four numbers long), behind the alias <name>."""
    dense = models.VectorParams(size=4, distance=models.Distance.COSINE, hnsw_config=models.HnswConfigDiff(m=0))
    sparse = models.SparseVectorParams(modifier=models.Modifier.IDF)
    qdrant.create_collection(f"{name}_v1", {"use": dense}, {"lex": sparse})
    company = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    qdrant.create_payload_index(f"{name}_v1", "company_id", company)
    point_alias(qdrant, name, f"{name}_v1")
    return name


def point_alias(qdrant: QdrantClient, name: str, collection: str) -> None:
    alias = models.CreateAlias(collection_name=collection, alias_name=name)
    qdrant.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])


def uid(number: int) -> str:
    return str(UUID(int=number))


def struct(number: int, company: str, dense: list[float], words: list[int]) -> models.PointStruct:
    sparse = models.SparseVector(indices=words, values=[1.0] * len(words))
    return models.PointStruct(
        id=uid(number), vector={"use": dense, "lex": sparse}, payload={"company_id": company, "n": number}
    )


def of(company: str) -> models.Filter:
    return models.Filter(must=[models.FieldCondition(key="company_id", match=models.MatchValue(value=company))])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorsProcess]:
    process = VectorsProcess(tmp_path_factory.mktemp("vectors")).start()
    yield process
    process.stop()


@pytest.fixture
def qdrant(engine: VectorsProcess) -> Iterator[QdrantClient]:
    client = connect(engine)
    yield client
    client.close()


@pytest.fixture
def things(qdrant: QdrantClient) -> str:
    """The alias of a new, empty collection."""
    return make_collection(qdrant, f"things{next(NUMBERS)}")


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Callable[[], VectorsProcess]]:
    """own_engine() starts the owner of one and the same folder; call again after it went away."""
    started: list[VectorsProcess] = []

    def start() -> VectorsProcess:
        token = started[0].token if started else ""
        started.append(VectorsProcess(tmp_path / "own vectors", token=token).start())
        return started[-1]

    yield start
    for process in started:
        process.stop()
