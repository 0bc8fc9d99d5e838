"""Switches of a simulated service: a dataclass of booleans, numbers and texts that a test may set by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(slots=True)
class Switching:
    """What a class of switches stands on. `choices` are the texts that a switch of that name takes."""

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def change(self, asked: Mapping[str, Any]) -> None:
        """Set some. Raises ValueError for an unknown name or a wrong type; then nothing is changed."""
        kinds = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        for name, value in asked.items():
            if name not in kinds:
                raise ValueError(f"unknown switch {name}; known: {', '.join(kinds)}")
            fits = isinstance(value, (int, float) if kinds[name] is float else kinds[name])
            if not fits or (isinstance(value, bool) and kinds[name] is not bool):
                raise ValueError(f"switch {name} takes {kinds[name].__name__}")
            if name in self.choices and value not in self.choices[name]:
                raise ValueError(f"switch {name} is one of {', '.join(self.choices[name])}")
        for name, value in asked.items():
            setattr(self, name, kinds[name](value))

    def all(self) -> dict[str, Any]:
        return asdict(self)
