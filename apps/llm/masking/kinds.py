"""Words of the masking: what is found, how much of it is masked, and what a ticket knows of a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a token stands for; the value is the word in the token, in Latin capitals."""

    NAME = "NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    BIRTH = "BIRTH"
    CARD = "CARD"
    IBAN = "IBAN"
    ID = "ID"
    IP = "IP"
    URL = "URL"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind


class Level(StrEnum):
    """How much a company has masked. CONTACT: how to reach a person, and what nobody but them may hold: cards, accounts,
    passwords. ALL: national ids, dates of birth and network addresses too."""

    OFF = "off"
    CONTACT = "contact"
    ALL = "all"

    @property
    def kinds(self) -> frozenset[Kind]:
        return _KINDS[self]


_CONTACT = frozenset({
    Kind.NAME, Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.CARD, Kind.IBAN, Kind.URL, Kind.SECRET,
})  # fmt: skip
_KINDS = {Level.OFF: frozenset[Kind](), Level.CONTACT: _CONTACT, Level.ALL: frozenset(Kind)}


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What a ticket knows of one person, customer or agent. `name`: in full, as they write it; surname and given name
    apart by a space where the helpdesk knows them apart."""

    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Span(NamedTuple):
    """Characters start to end of a text are of this kind. `who`: one identity for all spellings of one value; the
    characters themselves when empty."""

    start: int
    end: int
    kind: Kind
    who: str = ""
