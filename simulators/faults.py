"""Planned misbehaviour: which calls fail, by index or by rate, and how."""

from __future__ import annotations

import gzip
import math
import random
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from simulators.web import Response

HUGE = 24 * 1024 * 1024  # bytes: more than anybody should take
_HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>"
KINDS = (
    "429", "500", "502", "503", "504", "reset_before", "reset_after", "truncated", "cut", "html_200", "empty",
    "wrong_type", "slow", "drip", "invalid_json", "huge", "gzip", "429_html", "503_throttle", "403_throttle", "latency",
)  # fmt: skip
WHOLE = ("slow", "drip", "latency", "gzip", "wrong_type")  # the answer can be read all the same


class Rule(Protocol):
    """What every simulator's rules have, whatever else they are bound to."""

    kind: str
    at: frozenset[int]
    rate: float
    most: int
    seen: int
    hits: int


F = TypeVar("F", bound=Rule)


@dataclass(slots=True)
class Fault:
    """One rule. `at` are 1-based numbers of the calls whose path starts with `path`; else `rate` in 0..1 decides.

    `most` ends it after so many hits. `latency` is a delay by a distribution with median `seconds` and a long tail:
    one in a hundred waits thirty times as long.
    """

    kind: str
    path: str = "/api/"
    at: frozenset[int] = frozenset()
    rate: float = 0.0
    seconds: float = 1.0
    retry_after: str | None = "30"
    most: int = 1_000_000_000
    method: str = ""
    seen: int = 0
    hits: int = 0


@dataclass(slots=True)
class FaultPlan:
    """Rules in order; the first that fires wins."""

    faults: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def load(self, rules: list[dict[str, Any]], seed: int = 0) -> None:
        """Replace the rules. Raises ValueError for an unknown kind, TypeError for an unknown option."""
        self.faults, self.dice = read_rules(rules, Fault, KINDS), random.Random(seed)

    def pick(self, path: str, method: str = "GET") -> Fault | None:
        """The fault of this call, if any."""
        return first_of([one for one in self.faults if path.startswith(one.path) and one.method in ("", method)], self.dice)


def read_rules(rules: list[dict[str, Any]], made: type[F], kinds: tuple[str, ...]) -> list[F]:
    """Raises ValueError for an unknown kind, TypeError for an unknown option."""
    faults = [made(**(rule | {"at": frozenset(rule.get("at", ()))})) for rule in rules]
    unknown = [fault.kind for fault in faults if fault.kind not in kinds]
    if unknown:
        raise ValueError(f"unknown fault {unknown[0]}; known: {', '.join(kinds)}")
    return faults


def first_of(met: list[F], dice: random.Random) -> F | None:
    """Of the rules that a call meets the first that fires; each has seen it."""
    chosen = None
    for fault in met:
        if fault.hits >= fault.most:
            continue
        fault.seen += 1
        fires = fault.seen in fault.at or (fault.rate > 0 and dice.random() < fault.rate)
        if fires and chosen is None:
            fault.hits += 1
            chosen = fault
    return chosen


def instead(fault: Fault) -> Response | None:
    """The answer given without doing the work; None when the fault spoils a real answer."""
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.kind == "429":
        return Response(429, b"", headers=headers)
    if fault.kind in ("429_html", "503_throttle", "403_throttle"):
        return Response(int(fault.kind[:3]), _HTML, content_type="text/html; charset=utf-8", headers=headers)
    if fault.kind in ("500", "502", "503", "504"):
        return Response(int(fault.kind), _HTML, content_type="text/html; charset=utf-8")
    if fault.kind == "reset_before":
        return Response(reset=True)
    return None


def spoil(fault: Fault, response: Response, dice: random.Random) -> Response:
    """The real answer, damaged on its way; the work behind it was done."""
    if fault.kind == "reset_after":
        response.reset = True
    elif fault.kind == "truncated":
        response.body = response.body[: len(response.body) // 2]
    elif fault.kind == "cut":
        response.cut_at = len(response.body) // 2
    elif fault.kind == "html_200":
        response.status, response.body, response.content_type = 200, _HTML, "text/html; charset=utf-8"
    elif fault.kind == "empty":
        response.body = b""
    elif fault.kind == "wrong_type":
        response.content_type = "text/plain"
    elif fault.kind == "invalid_json":
        response.body = response.body[:-1] + b",}" if response.body else b"{,}"
    elif fault.kind == "huge":  # spaces are JSON: only its size is wrong with it
        response.body += b" " * HUGE
    elif fault.kind == "gzip":
        response.body = gzip.compress(response.body)
        response.headers["Content-Encoding"] = "gzip"
    elif fault.kind == "latency":
        response.delay = fault.seconds * math.exp(dice.gauss(0, 1) * math.log(30) / 2.326)
    elif fault.kind == "slow":
        response.delay = fault.seconds
    elif fault.kind == "drip":
        response.drip = fault.seconds
    return response
