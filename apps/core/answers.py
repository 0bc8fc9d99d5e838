"""The shape of a refusal, for the API's description. Knows no Django."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """RFC 9457. `code` is stable, `detail` is for people, in their language; `errors` names fields of the request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: dict[str, Any] | None = None
