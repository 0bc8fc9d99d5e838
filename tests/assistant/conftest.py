"""Rows of a test are rolled back; its points in the vector engine have to be taken out by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.search.index import open_index
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company


@pytest.fixture(autouse=True)
def index_forgets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Left behind, they would crowd the next test's candidates out: a search brings a fixed number."""
    if "acme" not in request.fixturenames:
        yield
        return
    acme: Company = request.getfixturevalue("acme")
    yield
    with bind_company(acme.binding()):
        open_index().delete(list(Chunk.objects.values_list("id", flat=True)))
