"""What kind of data a model field holds; every field of every model declares one."""

from __future__ import annotations

from enum import StrEnum


class DataClass(StrEnum):
    """NONE: nothing personal. CONTACT: who somebody is. CONTENT: what people wrote. SECRET: must never be shown.

    SPECIAL: could reveal health, beliefs and the like (free text of customers counts as CONTENT).
    """

    NONE = "none"
    CONTACT = "contact"
    CONTENT = "content"
    SECRET = "secret"  # noqa: S105 - the name of a class of data
    SPECIAL = "special"


NONE, CONTACT, CONTENT, SECRET, SPECIAL = DataClass
