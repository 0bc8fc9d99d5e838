"""What a run prints: a line a measure, beside the baseline of the same run and the goal."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

import orjson

SLACK = 0.005  # what fusing may lose against the better of its legs
AT_MOST = frozenset({"wrongly_refused"})
QA_GOALS = {
    "kb_workarena": {"accuracy": 0.8, "refusal_recall": 0.7, "wrongly_refused": 0.08},
    "demo_help": {"refusal_recall": 0.8, "wrongly_refused": 0.08},
}
RIGHT_IN_3 = 0.85  # of the project's own pack, in every language
TO_ENGLISH = 0.74


@dataclass(frozen=True, slots=True)
class Line:
    """`goal`: what `value` should reach (or, of AT_MOST, not exceed); `ok` is null where nothing was promised."""

    pack: str
    part: str
    language: str
    metric: str
    value: float
    baseline: float | None = None
    goal: float | None = None

    def shape(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok}

    @property
    def ok(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.metric in AT_MOST else self.value >= self.goal


def goal_of(pack: str, part: str, language: str, metric: str, *, bm25: float, dense: float) -> float | None:
    """What the issue asks of this measure; None where it asks for nothing."""
    name = (pack, metric)
    if name == ("kb_gnome_xling", "ndcg@10") and part == "mono" and language != "all":
        return bm25
    if name == ("kb_gnome_xling", "hit@1") and part == "to_en" and language == "all":
        return TO_ENGLISH
    if name in (("xquad", "ndcg@10"), ("jaquad", "ndcg@10")) and language != "all":
        return round(max(bm25, dense) - SLACK, 4)
    if name == ("kb_productqa", "map"):
        return bm25
    return None


def tell(line: Line | dict[str, Any]) -> None:
    shape = line.shape() if isinstance(line, Line) else line
    sys.stdout.write(orjson.dumps(shape).decode() + "\n")
    sys.stdout.flush()
