"""What of a point may change while its words stay: whose it is, and who may see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

PLACE = ("connection", "group", "agent", "customer", "visibility", "products")  # may change while the words stay
CLOSED = ("readers", "barred")  # criteria, of articles; none: everybody may read it


def placed(payload: Mapping[str, Any]) -> str:
    """Digest of what of a payload may change while the words stay."""
    told = [str(payload.get(key, "")) for key in PLACE]
    told += [f"{key} {sorted(payload[key])}" for key in CLOSED if payload.get(key)]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]
