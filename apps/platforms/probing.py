"""What a probe of a helpdesk account found out: plain data, no Django.

A contract says what nobody could prove. A probe reads an account and tells which of those questions it answers, each
with its evidence: statuses, names of fields and headers, counts, seconds. Never anybody's words, names or addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict

Tell = Callable[[str], None]  # progress, a line at a time
Evidence = dict[str, int | float | str | list[str]]


class Finding(BaseModel):
    """One open question. `answer` is empty when it could not be told; then `why` says what was missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    question: str
    told: bool
    answer: str = ""
    why: str
    evidence: Evidence = {}


class ProbeReport(BaseModel):
    """All findings, and what it took. `ended`: read to its end, or why it stopped before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str
    ended: Literal["complete", "asked_to_wait", "too_busy", "unreachable"]
    calls: int
    credits: int
    findings: tuple[Finding, ...]
