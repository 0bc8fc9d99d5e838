"""A company leaves the vector engine: its points of every profile, their bytes, and nobody else's."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

import pytest
from django.db import connection
from qdrant_client import models

from apps.accounts.reach import ALL_TICKETS
from apps.core.errors import NoCompany
from apps.search import index
from apps.search.index import (
    DENSE_SIZE,
    Point,
    Sparse,
    Wanted,
    ensure_collection,
    erase_company,
    open_index,
    sweep_index,
)
from apps.tenancy.context import bind_company
from tests import engines

OLDER = "chunks_older"


@pytest.fixture
def older_profile():
    """A collection no alias leads to: left by a change of profile."""
    ensure_collection()
    client = index._client()
    dense = models.VectorParams(size=4, distance=models.Distance.COSINE, hnsw_config=models.HnswConfigDiff(m=0))
    client.create_collection(OLDER, {"use": dense})
    yield client
    client.delete_collection(OLDER)


def point(mark: str) -> Point:
    payload = {"kind": "message", "visibility": "public", "mark": mark}
    return Point(uuid4(), [1.0] + [0.0] * (DENSE_SIZE - 1), Sparse([7], [1.0]), payload)


def old_point(company: str) -> models.PointStruct:
    return models.PointStruct(id=str(uuid4()), vector={"use": [1.0, 0, 0, 0]}, payload={"company_id": company})


def files_with(mark: str) -> list[str]:
    """Files with any eight characters of it in a row: the engine packs payloads (LZ4), which may split a mark."""
    pieces = [mark[start : start + 8].encode() for start in range(len(mark) - 7)]
    # The engine's files are mostly zeros, room it has taken ahead: they are not searched 17 times.
    files = (
        (one.name, one.read_bytes().translate(None, b"\0")) for one in engines.vectors.data.rglob("*") if one.is_file()
    )
    return [name for name, content in files if any(piece in content for piece in pieces)]


@pytest.fixture
def patient(db):
    """The test's own transaction may wait for the engine: on a loaded machine it sweeps longer than 30 s."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout TO 0")


def test_all_of_a_company_is_gone_and_only_of_that_company(patient, acme, globex, older_profile):
    theirs, ours = secrets.token_hex(12), secrets.token_hex(12)
    kept: UUID
    with bind_company(globex.binding()):
        mine = point(theirs)
        kept = mine.id
        open_index().put([mine])
    older_profile.upsert(OLDER, [old_point("acme"), old_point("acme"), old_point("globex")])
    with bind_company(acme.binding()):
        before = open_index().count()
        open_index().put([point(ours) for _ in range(3)])
        assert files_with(ours)
        assert erase_company() == before + 5
        assert open_index().count() == 0
        assert erase_company() == 0
    sweep_index()
    assert files_with(ours) == []
    assert files_with(theirs)
    assert older_profile.count(OLDER, exact=True).count == 1
    with bind_company(globex.binding()):
        wanted = Wanted(ALL_TICKETS, kinds=("message",))
        assert kept in {hit.id for hit in open_index().nearest([1.0] + [0.0] * (DENSE_SIZE - 1), wanted, 10)}
        open_index().delete([kept])


def test_without_a_company_nothing_is_erased():
    with pytest.raises(NoCompany):
        erase_company()
