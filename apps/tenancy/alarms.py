"""Isolation alarms: something that must never happen was met and stopped. Each is one log event and one count."""

from __future__ import annotations

from typing import Literal

import structlog
from prometheus_client import Counter

log = structlog.get_logger("deskhand.isolation")

ALARMS = Counter("deskhand_isolation_alarms", "Walls between companies that had to hold: a bug or an attack.", ["kind"])
REFUSED = Counter("deskhand_edge_refused", "Requests whose host, credential and header name two companies.", ["code"])

Kind = Literal["schema_company", "row", "vector"]


def alarm(kind: Kind, **facts: str) -> None:
    """Tell the operator, whoever then answers what. `facts` are short names of ours, never data.

    schema_company: schema (W1) and company (W2) of a transaction are not of one company; it sees 0 rows (ISO-3).
    row, vector: a row or a point of another company came back from a store (W5); TenantLeak follows.
    """
    ALARMS.labels(kind).inc()
    log.critical("isolation_alarm", kind=kind, **facts)
