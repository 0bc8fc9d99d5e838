"""What every value of the port is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Item(BaseModel):
    """A frozen value of the port; remote ids are always strings, times always aware."""

    model_config = ConfigDict(frozen=True, extra="forbid")
