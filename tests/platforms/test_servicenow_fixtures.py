"""Every recorded payload of ServiceNow goes through the adapter's models, and what comes out is looked at, kind by kind."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import orjson
import pytest

from apps.core.egress import Answer, Headers
from apps.core.errors import AppError, NotFound, RateLimited
from apps.platforms.adapters.servicenow import mapping
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.journals import Marks, Writers, message
from apps.platforms.adapters.servicenow.results import failure, result_of
from apps.platforms.adapters.servicenow.tokens import Granted
from tests.fixtures_beside import SERVICENOW, names, needs_servicenow, payload

# First match wins. What is in a file follows from its name.
KINDS = (
    (r".*/(error_429|get_security|delete_security).*", "refusal"), (r".*/(oauth_token|get_oauth_token).*", "token"),
    (r".*/.*attachment.*", "file"), (r".*/sys_journal.*", "entry"), (r".*/csm_case_activities.*", "activity"),
    (r".*/csm_case_(list|get).*", "case"), (r".*/csm_case_create.*", "made"),
    (r".*/(incident|table).*", "ticket"), (r".*/aggregate.*", "count"), (r".*/(import_set|km_articles).*", "not read"),
)  # fmt: skip
HELD = {"refusal": 3, "token": 2, "file": 8, "entry": 5, "activity": 1, "case": 3, "made": 1, "ticket": 9, "count": 1, "not read": 4}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, Headers(), orjson.dumps(body))


def rows(raw: Any) -> list[dict[str, Any]]:
    found = result_of(answer(raw))
    return found if isinstance(found, list) else [found]


def value(raw: Any) -> str:
    return (raw.get("value", raw.get("sys_id")) if isinstance(raw, dict) else raw) or ""


def ticket(raw: dict[str, Any], shape: Any = wire.Incident) -> None:
    row = shape.model_validate(raw)
    found = mapping.ticket(row)
    assert (found.remote_id, found.number, found.subject) == tuple(value(raw[name]) for name in ("sys_id", "number", "short_description"))
    assert (found.status.value, found.group_id or "") == (value(raw["state"]), value(raw["assignment_group"]))
    assert found.description_text == value(raw["description"])
    assert found.updated_at.strftime("%Y-%m-%d %H:%M:%S") == value(raw["sys_updated_on"])
    person = value(raw.get("caller_id" if shape is wire.Incident else "contact", ""))
    assert (found.customer.remote_id if found.customer else "") == person
    assert found.visibility == "public"
    assert found.raw_hash != mapping.ticket(row.model_copy(update={"sys_mod_count": "999"})).raw_hash


def entry(raw: dict[str, Any]) -> None:
    found = message(wire.Journal.model_validate(raw), Writers(Marks(b"k")))
    assert (found.visibility, found.author, found.source) == ("private", "agent", "note")
    assert "[code]" not in found.html + found.text
    assert ("<a " in found.html) == ("[code]" in raw["value"])
    assert found.text in raw["value"]


def look(kind: str, raw: Any) -> int:
    """How many things of the kind were in it."""
    if kind == "refusal":
        error: AppError = failure(answer(raw, 429 if "Rate" in raw["error"]["message"] else 404))
        assert isinstance(error, RateLimited | NotFound)
        assert raw["error"]["detail"] not in error.message
        return 1
    if kind == "token":
        assert Granted.model_validate(raw).expires_in > 0
        return 1
    if kind in ("count", "not read", "made", "activity"):
        assert rows(raw)
        return 1
    for row in (found := rows(raw)):
        if kind == "file":
            file = mapping.attachment(wire.Attachment.model_validate(row))
            assert (file.name, file.size, file.content_type) == (row["file_name"], int(row["size_bytes"]), row["content_type"])
        elif kind == "entry":
            entry(row)
        else:
            ticket(row, wire.Case if kind == "case" else wire.Incident)
    return len(found)


@needs_servicenow
def test_every_recorded_payload_is_understood():
    seen: Counter[str] = Counter()
    for name in names(SERVICENOW):
        kind = next((kind for pattern, kind in KINDS if re.fullmatch(pattern, name.removesuffix(".json"))), "")
        assert kind, f"{name}: of no known kind"
        seen[kind] += look(kind, payload(name, SERVICENOW))
    assert dict(seen) == HELD


CANCELLED = b"Transaction cancelled: maximum execution time exceeded"
NOT_RESULTS = [
    (b'{"result":[{"sys_id":"1"}' + CANCELLED, "transaction_cancelled"),
    (b'{"result":"' + CANCELLED + b'"}', "transaction_cancelled"),
    (b'{"error":{"message":"' + CANCELLED + b'"},"result":[]}', "transaction_cancelled"),
    (b"<html>Your instance is hibernating</html>", "malformed_answer"),
    (b"", "malformed_answer"), (b"null", "malformed_answer"), (b'{"result":[{"sys', "malformed_answer"), (b"{}", "malformed_answer"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), NOT_RESULTS)
def test_a_two_hundred_that_is_no_result_is_none(body, code):
    with pytest.raises(AppError) as error:
        result_of(Answer(200, Headers(), body))
    assert (error.value.code, error.value.retryable) == (code, True)


def test_a_customer_who_writes_of_a_cancelled_transaction_is_read():
    told = {"result": [{"value": "It says: Transaction cancelled: maximum execution time exceeded"}]}
    assert result_of(answer(told)) == told["result"]
