"""The walk over rows that belong to others, whole owners at a time: pure, no network.

Rows come in order of their owner. The last owner of a page may have more rows, so it is left out and the next page begins
with it again. One who fills a page alone is read for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.platforms.adapters.servicenow.query import joined, ordered
from apps.platforms.adapters.servicenow.walk import END, Row, Told, following, ignored
from apps.platforms.base import Cursor


class Sweep(Cursor):
    """Where to go on: with owner `key`, or `past` it. `told`: of every owner up to this one all was told."""

    key: str = ""
    past: bool = False
    offset: int = 0
    sure: int = 0
    told: str = ""

    def query(self, by: str) -> str:
        begin = f"{by}{'>' if self.past else '>='}{self.key}" if self.key else ""
        return joined(begin, ordered(by, "sys_id"))

    def counts(self, limit: int) -> bool:
        return self.sure <= limit


@dataclass(frozen=True, slots=True)
class Cut:
    """What a page is good for. `whole`: owners with all their rows; `large`: one whose rows must be read for itself;
    `after` and `upto`: of owners between, those not met have no rows (None: nothing can be said); `next`: None at the end."""

    whole: frozenset[str]
    large: str | None
    after: str | None
    upto: str | None
    next: Sweep | None


def cut(at: Sweep, rows: Sequence[tuple[str, str]], total: int | None, limit: int) -> Cut:
    """`rows` are (owner, id) as they came. Raises ExternalError when they cannot be an answer to this query."""
    owners = list(dict.fromkeys(owner for owner, _ in rows))
    if at.key and owners and (owners[0] < at.key or (at.past and owners[0] == at.key)):
        raise ignored()
    plain = [Row(key) for _, key in rows]
    left = following(Told(plain, total, limit), at.offset, at.sure)
    orderly = owners == sorted(owners)  # another order than that of bytes: then silence says nothing
    if left <= 0:
        return Cut(frozenset(owners), None, at.told if orderly else None, END if orderly else None, None)
    if not owners:
        return Cut(frozenset(), None, None, None, at.model_copy(update={"offset": at.offset + limit, "sure": left}))
    if len(owners) == 1:
        return _cut(at, frozenset(), owners[0], owners[0], orderly, Sweep(key=owners[0], past=True))
    return _cut(at, frozenset(owners[:-1]), None, owners[-2], orderly, Sweep(key=owners[-1], sure=left))


def _cut(at: Sweep, whole: frozenset[str], large: str | None, upto: str, orderly: bool, following: Sweep) -> Cut:
    told = upto if orderly else following.key
    after, end = (at.told, upto) if orderly else (None, None)
    return Cut(whole, large, after, end, following.model_copy(update={"told": told}))
