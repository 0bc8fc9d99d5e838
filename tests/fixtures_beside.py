"""Recorded payloads that lie beside the checkout, never in it: tests skip loudly when they are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

FRESHDESK = Path(__file__).resolve().parent.parent.parent / "shared" / "fixtures" / "freshdesk"
NO_FIXTURES = f"recorded payloads are not beside the checkout: {FRESHDESK.name} missing under ../shared/fixtures"
needs_fixtures = pytest.mark.skipif(not FRESHDESK.is_dir(), reason=NO_FIXTURES)


def payload(name: str) -> Any:
    """A recorded payload by its path below the folder."""
    return orjson.loads((FRESHDESK / name).read_bytes())


def names() -> list[str]:
    """Every recorded JSON payload."""
    return sorted(str(path.relative_to(FRESHDESK)) for path in FRESHDESK.rglob("*.json"))
