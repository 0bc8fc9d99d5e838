"""Compiled SQL of proving: the entries of a trail, streamed in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

BATCH = 100_000  # entries a statement: well within the serving login's 15 s
# The row as text, one line each: the server formats while we seal, and no object is made of what is only compared.
_ROWS = """COPY (SELECT seq, id, CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint END, event,
principal, subject, request_id, facts, key_id, encode(prev, 'hex'), encode(mac, 'hex')
FROM core_auditevent WHERE seq > {after} ORDER BY seq LIMIT {limit}) TO STDOUT"""
_HEAD = "SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), 0) FROM core_auditevent"
_LAST = "SELECT seq, mac, key_id FROM core_auditevent ORDER BY seq DESC LIMIT 1"
BEFORE_ALL = -(2**63)
_ESCAPES = {"\\b": "\b", "\\f": "\f", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\v": "\v", "\\\\": "\\"}

Row = tuple[str, ...]  # seq, id, microseconds, event, principal, subject, request_id, facts, key_id, prev, mac


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is: entries, and the least and greatest number."""

    count: int
    first: int
    last: int


def extent() -> Extent:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HEAD)
        return Extent(*cursor.fetchone())


def last_entry() -> tuple[int, bytes, str] | None:
    """(number, seal, key id) of the newest entry, None when there is none."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LAST)
        row = cursor.fetchone()
    return (row[0], bytes(row[1]), row[2]) if row else None


def entries(*, after: int = BEFORE_ALL, batch: int = BATCH) -> Iterator[Row]:
    """Every entry of the bound company in the order of numbers, a statement a batch. Must be read to its end."""
    while True:
        count = 0
        text = _ROWS.format(after=int(after), limit=int(batch))
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(text) as copy:
            for data in copy:
                line = str(data, "utf-8")
                row = tuple(line[:-1].split("\t"))
                yield row if "\\" not in line else tuple(map(_unescaped, row))
                count += 1
        if count < batch:
            return
        after = int(row[0])


def _unescaped(value: str) -> str:
    """COPY's text form undone; an absent value becomes a NUL, which no text of PostgreSQL's can hold."""
    if value == "\\N":
        return "\x00"
    parts = value.split("\\\\")
    for sign, plain in _ESCAPES.items():
        parts = [part.replace(sign, plain) for part in parts] if sign != "\\\\" else parts
    return "\\".join(parts)
