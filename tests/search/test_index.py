"""The collection of the product: made whole even when its making was cut short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.core.errors import ExternalUnavailable
from apps.search import index

TRIED = replace(index.CHUNKS, alias="tried", profile="v1")


@pytest.fixture
def elsewhere():
    """Names of our own, so that nobody else's points are in the way."""
    client = index._client()
    yield client
    client.delete_collection("tried_v1")


def indexed(client) -> set[str]:
    return set(client.get_collection("tried_v1").payload_schema)


def test_a_collection_left_half_made_is_finished_by_the_next(elsewhere, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr(type(elsewhere), "create_payload_index", lambda *_: (_ for _ in ()).throw(OSError("gone")))
        with pytest.raises(ExternalUnavailable):
            index.ensure_collection(TRIED)
    assert indexed(elsewhere) == set()
    index.ensure_collection(TRIED)
    assert indexed(elsewhere) == {"company_id", *index.KEYWORDS}
    assert elsewhere.get_collection("tried").points_count == 0


def test_two_workers_may_make_it_at_once(elsewhere, monkeypatch):
    monkeypatch.setattr(type(elsewhere), "collection_exists", lambda *_: False)  # both looked before either made it
    index.ensure_collection(TRIED)
    elsewhere.update_collection_aliases([index.models.DeleteAliasOperation(
        delete_alias=index.models.DeleteAlias(alias_name="tried"))])  # fmt: skip
    index.ensure_collection(TRIED)
    assert elsewhere.get_collection("tried").points_count == 0
