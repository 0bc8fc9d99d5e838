"""What of a sentence can be checked without understanding it: its numbers, codes, addresses. Pure.

A quote that was found word for word proves that the source says the quote, not that the sentence says the same. Numbers
and names of things are where a wrong sentence hurts most, and they survive translation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from apps.search.lexical import codes

_SPACES = " \u00a0\u202f"
_APART = re.compile(r"\d{1,3}(?:([.,'’])\d{3})(?:\1\d{3})*(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*")
_JOINED = re.compile(rf"(?<!\d)\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)")
_GROUPED = re.compile(r"(\d{1,3}(?:([.,'’])\d{3})(?:\2\d{3})*)(?:[.,](\d+))?")
_ADDRESS = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?=[/:?#\s)>\]]|[.,;!]?(?:\s|$))", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def facts(text: str, *, joined: bool = False) -> set[str]:
    """Each in one spelling: "1,000" and "1.000" are the same, "2,5" and "2.5" too. `joined`: "3 000" is one number."""
    plain = unicodedata.normalize("NFKC", text)
    named = {one for one in codes(plain) if any(sign.isalpha() for sign in one)}
    named |= {one.lower() for pattern in (_MAIL, _ADDRESS) for one in pattern.findall(plain)}
    if joined:
        plain = _JOINED.sub(lambda found: re.sub(rf"[{_SPACES}]", "", found[0]), plain)
    return named | {_number(found[0]) for found in _APART.finditer(plain)}


def _number(written: str) -> str:
    grouped = _GROUPED.fullmatch(written)
    if grouped is None:
        return written.replace(",", ".")
    return re.sub(r"[.,'’]", "", grouped[1]) + (f".{grouped[3]}" if grouped[3] else "")


def borne_out(sentence: str, grounds: Iterable[str]) -> bool:
    """Whether every fact of the sentence stands in one of the texts it rests on, however numbers are spaced."""
    known: set[str] = set()
    for one in grounds:
        known |= facts(one) | facts(one, joined=True)
    return facts(sentence) <= known or facts(sentence, joined=True) <= known
