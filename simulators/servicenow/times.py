"""Times as the instance writes them: UTC in the database, the user's zone and format for people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_WORDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "a": "%p"}


@lru_cache(maxsize=20_000)
def stamp(second: int) -> str:
    """2020-04-07 07:26:01"""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def seconds(text: str) -> int | None:
    """Of a stamp; None when it is none."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def shown(text: str, zone: str, form: str) -> str:
    """A stamp in a user's zone and format ("dd/MM/yyyy HH:mm:ss")."""
    if (zone, form) == ("GMT", "yyyy-MM-dd HH:mm:ss"):
        return text
    second = seconds(text)
    if second is None:
        return text
    return datetime.fromtimestamp(second, ZoneInfo(zone)).strftime(_pattern(form))


@lru_cache(maxsize=64)
def _pattern(form: str) -> str:
    for word, sign in _WORDS.items():
        form = form.replace(word, sign) if word != "a" else form.replace(" a", " %p")
    return form


def spoken(text: str) -> str:
    """A duration, which is a date since 1970, in words."""
    second = seconds(text)
    if second is None:
        return text
    days, rest = divmod(second, 86400)
    hours, rest = divmod(rest, 3600)
    parts = [(days, "Day"), (hours, "Hour"), (rest // 60, "Minute"), (rest % 60, "Second")]
    return " ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in parts if count) or "0 Seconds"
