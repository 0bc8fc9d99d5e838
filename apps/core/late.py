"""A library that takes long to load and that most processes never need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class Late:
    """Stands for a module, which is loaded when something of it is first asked for. What was asked for once is kept."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(Late.load(self), name)
        setattr(self, name, value)
        return value

    @staticmethod
    def load(late: Late) -> ModuleType:
        """Not a method: the module's own names are the only ones that are asked for by a dot."""
        return import_module(object.__getattribute__(late, "_name"))
