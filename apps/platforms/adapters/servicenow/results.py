"""What an answer of the instance is: a result, or why there is none. Status 200 alone says nothing (contract 3.1)."""

from __future__ import annotations

from typing import Any

import orjson

from apps.core.egress import Answer
from apps.core.errors import (
    AppError,
    CredentialsRejected,
    EffectUnknown,
    ExternalError,
    ExternalUnavailable,
    NotFound,
    RateLimited,
)
from apps.platforms.adapters.answers import seconds_of, unwritten

_CANCELLED = b"ransaction cancelled"


class TooHeavy(ExternalUnavailable):
    """The instance broke the call off because it took too long: fewer rows may come."""

    code = "transaction_cancelled"


def result_of(answer: Answer) -> Any:
    """The list or object that was asked for."""
    if answer.status not in (200, 201):
        raise failure(answer)
    if _CANCELLED in answer.body and not _is_result(answer.body):
        raise TooHeavy("the instance cancelled the transaction")
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:  # a page for people while it wakes up, half a document, or nothing at all
        raise ExternalUnavailable("the instance answered something else", code="malformed_answer") from None
    if not isinstance(body, dict) or body.get("error") or not isinstance(body.get("result"), dict | list):
        raise ExternalUnavailable("the instance answered without a result", code="malformed_answer")
    return body["result"]


def _is_result(body: bytes) -> bool:
    """Whether those words are somebody's, in a whole answer."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and not found.get("error") and isinstance(found.get("result"), dict | list)


def failure(answer: Answer) -> AppError:
    """The decision behind a status; of a body only what a 400 says of its table is read."""
    status, wait = answer.status, answer.headers.get("retry-after")
    if status == 429 or (status in (403, 503) and wait):
        return RateLimited("the helpdesk asks us to wait", retry_after=seconds_of(wait))
    if status == 401:
        return CredentialsRejected("the helpdesk refused the key")
    if status == 403:
        return CredentialsRejected("the key may not read this", code="access_denied")
    if status == 404:
        return NotFound("the helpdesk has nothing there for this key")
    if status == 400 and _CANCELLED not in answer.body:
        return ExternalError("the helpdesk does not know this table or query", code="table_unknown")
    if _CANCELLED in answer.body:
        return TooHeavy("the instance cancelled the transaction")
    if status >= 500 or status == 408 or 300 <= status < 400:  # asleep: it leads to a page for people
        return ExternalUnavailable(f"the helpdesk answered {status}")
    return ExternalError(f"the helpdesk answered {status}")


def written(answer: Answer) -> Any:
    """What a write made, or why it was not made. Only a refusal says that nothing was done."""
    if 200 <= answer.status < 300:
        try:
            return result_of(answer)
        except ExternalError:
            raise EffectUnknown("the helpdesk's answer to a write cannot be read", code="answer_unclear") from None
    raise unwritten(answer.status, lambda: failure(answer))
