"""How things are called before people."""

from __future__ import annotations


def numbered(name: str) -> str:
    """A ticket by its number or id: "#4711", and as it is where it has letters: "INC0010001"."""
    return f"#{name}" if name.isdecimal() else name
