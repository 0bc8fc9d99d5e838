"""Three companies that are really there: committed, with a row in every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.isolation.companies import companies, plant

NAMES = ("north", "south", "west")


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any, superuser_url: str) -> Iterator[list[Any]]:
    """Companies north, south and west, for whoever needs rows that other connections see."""
    with django_db_blocker.unblock(), companies(superuser_url, *NAMES) as opened:
        for name in NAMES:
            plant(superuser_url, name)
        yield opened
