"""Encoded queries (contract 3.2): conditions joined by AND, literals only. Neither ^OR nor ^NQ is ever written: the first
binds to the condition before it, the second steps round all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_STAMP = "%Y-%m-%d %H:%M:%S"
_ID = re.compile(r"[0-9a-zA-Z_-]{1,64}")
SAFE_IDS = 40  # in one list: longer addresses are refused with 414


def stamp(moment: datetime) -> str:
    """A time as the database writes it, in UTC."""
    return moment.astimezone(UTC).strftime(_STAMP)


def moment(text: str) -> datetime | None:
    """A time of the database; None where there is none."""
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def value(text: str) -> str:
    """A literal: the sign that begins a condition is doubled, and nothing is evaluated."""
    if text.lstrip().casefold().startswith("javascript:"):
        raise ValueError("a value that would be run")
    return text.replace("^", "^^")


def is_id(text: str) -> bool:
    """Whether this can be a sys_id: anything else would be a path or a query of somebody's choice."""
    return _ID.fullmatch(text) is not None


def joined(*parts: str) -> str:
    return "^".join(part for part in parts if part)


def any_of(field: str, values: Iterable[str]) -> str:
    return f"{field}IN{','.join(value(one) for one in values)}"


def ordered(*fields: str) -> str:
    return "^".join(f"ORDERBY{one}" for one in fields)


def in_lists(ids: Iterable[str], most: int = SAFE_IDS) -> list[list[str]]:
    found = list(dict.fromkeys(ids))
    return [found[at : at + most] for at in range(0, len(found), most)]
