"""Why a call is refused, each with the status Qdrant gives it; and how bodies are read without guessing.

Refused
├── BadCall      400  the call cannot be read, or names what the collection does not have
├── Missing      404  no such collection, alias or point
├── Conflict     409  the name is taken
├── EngineFailed 500  the engine gave up
└── Unsupported  501  a part of Qdrant this engine does not have
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Refused(Exception):
    """Base of the tree; `status` is the HTTP status."""

    status = 400


class BadCall(Refused):
    """400"""


class Missing(Refused):
    """404"""

    status = 404


class Conflict(Refused):
    """409"""

    status = 409


class EngineFailed(Refused):
    """500"""

    status = 500


class Unsupported(Refused):
    """501"""

    status = 501


class Taken(RuntimeError):
    """Another process owns the folder."""


def mapping(value: Any, what: str) -> dict[str, Any]:
    """The value as an object. Raises BadCall."""
    if not isinstance(value, dict):
        raise BadCall(f"{what} must be an object")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    """The value as a list. Raises BadCall."""
    if not isinstance(value, list):
        raise BadCall(f"{what} must be a list")
    return value


def read(value: Any, what: str, *, known: Iterable[str], ignored: Iterable[str] = ()) -> dict[str, Any]:
    """The object's known fields that are set. An unknown one is Unsupported: it may change what is meant."""
    body = {name: one for name, one in mapping(value, what).items() if one is not None}
    unknown = body.keys() - set(known) - set(ignored)
    if unknown:
        raise Unsupported(f"{what}: {', '.join(sorted(unknown))}")
    return {name: one for name, one in body.items() if name in known}


def needed(body: dict[str, Any], name: str, what: str) -> Any:
    """A field that must be there. Raises BadCall."""
    if name not in body:
        raise BadCall(f"{what} needs {name}")
    return body[name]
