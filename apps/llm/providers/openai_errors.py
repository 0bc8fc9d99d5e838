"""What an OpenAI-compatible server's refusals mean."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from apps.core.errors import AppError, ExternalError
from apps.llm.errors import AskRefused, ModelBusy, ModelDeclined, ModelGarbled, ModelRejected

LONGEST_WAIT = 24 * 3600.0


def translated(error: openai.OpenAIError) -> AppError:
    """One of ours for one of the SDK's."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, openai.APITimeoutError):
        return ModelBusy("the model did not answer in time", code="too_slow")
    if (ours := _cause(error)) is not None:
        return ModelGarbled("the answer cannot be used", code=ours.code)
    return ModelBusy("the model cannot be reached", code="unreachable")


def _cause(error: BaseException | None) -> ExternalError | None:
    """What our own transport raised below."""
    while error is not None:
        if isinstance(error, ExternalError):
            return error
        error = error.__cause__
    return None


def _of_status(error: openai.APIStatusError) -> AppError:
    status, code = error.status_code, _code(error.body)
    if status == 429 and "quota" in code:
        return ModelRejected("the account's money or quota is spent", code="quota_spent")
    if status in (408, 409, 429) or status >= 500:
        kind = "overloaded" if status in (429, 503, 529) else "failing"
        return ModelBusy("the model cannot answer now", code=kind, after=retry_after(error.response.headers))
    if status == 401:
        return ModelRejected("the provider refused the key", code="key_refused")
    if status == 402:
        return ModelRejected("the account's money or quota is spent", code="quota_spent")
    if status == 403:
        return ModelRejected("the key may not use this", code="forbidden")
    if status == 404:
        return ModelRejected("the provider has no such model", code="model_gone")
    if status in (400, 413, 422):
        if "content_filter" in code:
            return ModelDeclined("the provider's filter refused the request", code="content_filter")
        too_long = "context_length" in code or status == 413
        return AskRefused("the request does not fit the model", code="prompt_too_long" if too_long else "request_refused")
    return ModelGarbled("the answer cannot be used", code="malformed_answer")


def _code(body: Any) -> str:
    """The server's own codes, in one lower-case text to look into. Its sentences are not read."""
    if not isinstance(body, dict):
        return ""
    inner = body.get("error")
    found = inner if isinstance(inner, dict) else body
    return " ".join(str(found.get(name) or "")[:100] for name in ("code", "type")).lower()


def retry_after(headers: Any) -> float | None:
    """Seconds from now, whichever way they are told; None when they are not, or make no sense."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = str(headers.get(name) or "").strip()
        if not text:
            continue
        try:
            seconds = float(text) / unit
        except ValueError:
            try:
                at = parsedate_to_datetime(text)
            except (ValueError, TypeError):
                continue
            seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        if seconds == seconds:  # not NaN
            return min(max(seconds, 0.0), LONGEST_WAIT)
    return None
