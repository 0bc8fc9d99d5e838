"""Recorded payloads that lie beside the checkout, never in it: tests skip loudly when they are not there."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import orjson
import pytest

FRESHDESK = Path(__file__).resolve().parent.parent.parent / "shared" / "fixtures" / "freshdesk"
SERVICENOW = FRESHDESK.with_name("servicenow")
NO_FIXTURES = f"recorded payloads are not beside the checkout: {FRESHDESK.name} missing under ../shared/fixtures"


def there(folder: Path) -> bool:
    """Whether the payloads are there. A skipped test is easily overlooked, so their absence is a warning too."""
    if not folder.is_dir():
        warnings.warn(f"{NO_FIXTURES}; what they show is not tested", stacklevel=2)
    return folder.is_dir()


needs_fixtures = pytest.mark.skipif(not there(FRESHDESK), reason=NO_FIXTURES)
needs_servicenow = pytest.mark.skipif(not there(SERVICENOW), reason=NO_FIXTURES)


def payload(name: str, home: Path = FRESHDESK) -> Any:
    """A recorded payload by its path below the folder."""
    return orjson.loads((home / name).read_bytes())


def names(home: Path = FRESHDESK) -> list[str]:
    """Every recorded file but the licences."""
    found = [path for path in home.rglob("*") if path.is_file() and path.name != "LICENSE"]
    return sorted(str(path.relative_to(home)) for path in found)
