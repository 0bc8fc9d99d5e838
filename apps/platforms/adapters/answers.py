"""What every adapter reads from an answer in the same way: JSON in a shape of ours, numbers, waits and times of headers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from apps.core.errors import AppError, EffectUnknown, ExternalError

WAIT_DEFAULT, WAIT_LONGEST = 60.0, 3600.0

T = TypeVar("T")
# made once a shape: making one takes longer than reading a thread with it
shape_of: Callable[[Any], TypeAdapter[Any]] = lru_cache(maxsize=128)(TypeAdapter)

Words = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class Wire(BaseModel):
    """A shape of an answer. Fields we do not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def parsed(body: bytes) -> Any:
    """Raises ExternalError: HTML or half a document is not data, even with status 200."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise malformed(exc) from None


def shaped(value: Any, shape: TypeAdapter[T]) -> T:
    try:
        return shape.validate_python(value)
    except ValidationError as exc:
        # The chain would carry the customer's text into logs.
        raise malformed(exc) from None


def malformed(error: Exception) -> ExternalError:
    return ExternalError(f"the helpdesk answered something else ({type(error).__name__})", code="malformed_answer")


def seconds_of(value: str | None) -> float:
    """Retry-After in seconds: a default when missing or unreadable, an hour when absurd."""
    wait = number_of(value)
    return WAIT_DEFAULT if wait is None else min(max(wait, 1.0), WAIT_LONGEST)


def number_of(value: str | None) -> float | None:
    """A number that is none below zero; whole ones are written "100.0" at times."""
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def date_of(value: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(value or "").astimezone(UTC)
    except ValueError:
        return None


def unwritten(status: int, otherwise: Callable[[], AppError]) -> AppError:
    """What an answer other than 2xx says of a write: only a refusal says that nothing was done. `otherwise`: what the
    helpdesk means by the refusals that all calls may meet."""
    if not 400 <= status < 500 or status == 408:
        return EffectUnknown(f"the helpdesk answered {status} to a write", code="answer_unclear")
    if status in (400, 405, 409, 422):
        code = {405: "ticket_closed_to_writes", 409: "helpdesk_conflict"}.get(status, "write_refused")
        return ExternalError(f"the helpdesk answered {status}", code=code)
    return otherwise()


def digest(plain: object) -> str:
    """SHA-256 of plain values, whatever the order of their names."""
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()
