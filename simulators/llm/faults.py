"""Planned misbehaviour of the provider: which calls, and how."""

from __future__ import annotations

import gzip
import random
from dataclasses import dataclass, field
from typing import Any

import orjson

from simulators.faults import first_of, read_rules
from simulators.llm.manners import MANNERS
from simulators.llm.vectors import ODD
from simulators.web import Response

ERRORS: dict[str, tuple[int, str, str]] = {
    "400": (400, "invalid_request_error", "invalid_value"),
    "401": (401, "invalid_request_error", "invalid_api_key"),
    "403": (403, "invalid_request_error", "unsupported_country_region_territory"),
    "404": (404, "invalid_request_error", "model_not_found"),
    "408": (408, "server_error", "timeout"),
    "409": (409, "server_error", "conflict"),
    "429": (429, "requests", "rate_limit_exceeded"),
    "quota": (429, "insufficient_quota", "insufficient_quota"),
    "context": (400, "invalid_request_error", "context_length_exceeded"),
    "filter_400": (400, "invalid_request_error", "content_filter"),
    "500": (500, "server_error", "internal_error"),
    "502": (502, "server_error", "bad_gateway"),
    "503": (503, "server_error", "overloaded"),
    "504": (504, "server_error", "timeout"),
    "529": (529, "overloaded_error", "overloaded"),
}
INSTEAD = ("html_502", "html_200", "redirect", "reset", "empty", "array", "deep", "huge", "wrong_encoding", "bomb")
PACE = ("slow", "stall_first", "stall", "drip", "cut", "no_done", "no_finish", "early_end")
GARBAGE = (
    "utf8", "broken_json", "broken_sse", "long_line", "endless", "endless_blank", "comments", "empty_text", "no_choices",
    "null_content", "number_content", "controls", "surrogates", "error_event", "bad_usage", "tool_calls", "other_model",
    "two_choices", "wrong_type", "twice_done", "nested_choices", "json_nan", "markup",
)  # fmt: skip
KINDS = (*ERRORS, *INSTEAD, *PACE, *GARBAGE, *MANNERS[1:], *ODD)
_HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Bad gateway</h1></body></html>"
HUGE = 24 * 1024 * 1024
LINE = 10 * 1024 * 1024


@dataclass(slots=True)
class Fault:
    """One rule. `at` are 1-based numbers of the calls whose path starts with `path`; else `rate` in 0..1 decides.

    `most` ends it after so many hits; `model` bounds it to one model; `after` tokens a stream stalls or breaks;
    `retry_after` is the header's text, null for none.
    """

    kind: str
    path: str = "/v1/"
    at: frozenset[int] = frozenset()
    rate: float = 0.0
    seconds: float = 1.0
    after: int = 3
    retry_after: str | None = None
    most: int = 1_000_000_000
    model: str = ""
    seen: int = 0
    hits: int = 0


@dataclass(slots=True)
class FaultPlan:
    """Rules in order; the first that fires wins."""

    faults: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def load(self, rules: list[dict[str, Any]], seed: int = 0) -> None:
        """Replace the rules; one without `at` and `rate` fires always. Raises ValueError for an unknown kind,
        TypeError for an unknown option."""
        faults = read_rules(rules, Fault, KINDS)
        for fault in faults:
            fault.rate = fault.rate if fault.at or fault.rate else 1.0
        self.faults, self.dice = faults, random.Random(seed)

    def pick(self, path: str, model: str) -> Fault | None:
        """The fault of this call, if any."""
        return first_of([one for one in self.faults if path.startswith(one.path) and one.model in ("", model)], self.dice)


def error(kind: str, headers: dict[str, str] | None = None) -> Response:
    """The provider's error, in its usual words."""
    status, type_, code = ERRORS[kind]
    body = {"error": {"message": f"Simulated {code}.", "type": type_, "param": None, "code": code}}
    return Response(status, orjson.dumps(body), headers=headers or {})


def instead(fault: Fault) -> Response | None:
    """The answer given without doing the work; None when the fault spoils a real answer."""
    if fault.kind in ERRORS:
        return error(fault.kind, {} if fault.retry_after is None else {"Retry-After": fault.retry_after})
    html = "text/html; charset=utf-8"
    made = {
        "html_502": lambda: Response(502, _HTML, html),
        "html_200": lambda: Response(200, _HTML, html),
        "redirect": lambda: Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
        "reset": lambda: Response(reset=True),
        "empty": lambda: Response(200, b""),
        "array": lambda: Response(200, b"[1,2,3]"),
        "deep": lambda: Response(200, b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        "huge": lambda: Response(200, b" " * HUGE),
        "wrong_encoding": lambda: Response(200, b"{}", headers={"Content-Encoding": "br"}),
        "bomb": lambda: Response(200, _bomb(), headers={"Content-Encoding": "gzip"}),
    }.get(fault.kind)
    return made() if made else None


def _bomb() -> bytes:
    return gzip.compress(b" " * 30 * 1024 * 1024, compresslevel=1)
