"""What the switches do to an answer on its way out: new fields, other spellings of times, words of refusals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from simulators.freshdesk.switches import Switches
from simulators.web import Response

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_INDIA = timezone(timedelta(hours=5, minutes=30))
_NEW = {"sim_new_flag": True, "sim_new_object": {"score": 0.5, "labels": ["a", None]}, "sim_new_null": None}
_HTML = b"<html><body><h1>429 Too Many Requests</h1></body></html>"


def payload(value: Any, switches: Switches) -> Any:
    """The payload as this account spells it."""
    if not (switches.new_fields or switches.offset_times):
        return value
    return _object(value, switches, top=True)


def _object(value: Any, switches: Switches, *, top: bool = False) -> Any:
    if isinstance(value, list):
        return [_object(one, switches, top=top) for one in value]
    if isinstance(value, dict):
        dressed = {name: _object(one, switches) for name, one in value.items()}
        return dressed | _NEW if top and switches.new_fields else dressed
    if isinstance(value, str) and switches.offset_times and _TIME.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(_INDIA).isoformat()
    return value


def headers(told: dict[str, str], switches: Switches) -> dict[str, str]:
    """The budget's headers; a third party's test shows the total with a fraction."""
    if switches.total_as_float:
        return told | {"X-RateLimit-Total": f"{float(told['X-RateLimit-Total']):.1f}"}
    return told


def throttled(wait: int, switches: Switches) -> Response:
    """429 of the budget; its body is not documented."""
    response = Response(429, headers={"Retry-After": str(wait)} if switches.retry_after else {})
    if switches.limit_body_html:
        response.body, response.content_type = _HTML, "text/html"
    return response


def words(status: int, switches: Switches) -> dict[str, str] | None:
    """The body of a refusal that has none, as far as anybody knows."""
    if not switches.wrong_verb_body:
        return None
    return {"code": "invalid_method" if status == 405 else "not_found", "message": f"status {status}"}
