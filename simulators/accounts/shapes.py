"""Shapes of the authored TOML, checked strictly so that a writer's slip is named and not served."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Language = Literal["en", "ko", "ja", "zh", "de", "fr", "es"]
LANGUAGES: tuple[str, ...] = get_args(Language)
StatusName = Literal["open", "pending", "resolved", "closed", "waiting", "engineering", "parts", "callback"]
Channel = Literal["email", "portal", "phone", "chat"]

STATUS_IDS = {"open": 2, "pending": 3, "resolved": 4, "closed": 5, "waiting": 6, "engineering": 8, "parts": 9, "callback": 14}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([mhd])")


def _duration(value: object) -> object:
    """Read "30m", "2h", "1.5d"."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write a time like "30m", "2h" or "1.5d"')
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(Shape):
    name: Text


class Agent(Shape):
    name: Text
    email: Text
    group: str = ""


class Status(Shape):
    id: int = Field(ge=2)
    label: Text
    category: Literal["open", "pending", "solved", "resolved", "closed", "waiting", "engineering"]


class Customer(Shape):
    name: str
    email: Text
    language: Language


class Company(Shape):
    """Of customers: those with an address of its domain."""

    name: Text
    domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.example$")]


class AccountHead(Shape):
    """account.toml"""

    name: Text
    primary_language: Language = "en"
    supported_languages: tuple[Language, ...]
    agent: tuple[Agent, ...] = Field(min_length=1)
    group: tuple[Group, ...] = Field(min_length=1)
    status: tuple[Status, ...] = Field(min_length=1)
    customer: tuple[Customer, ...] = Field(min_length=1)
    company: tuple[Company, ...] = ()
    custom_fields: tuple[Text, ...] = ()  # names of the account's own ticket fields


class ArticleText(Shape):
    title: Text
    body: Text


class Article(Shape):
    """One article; the language tables of the TOML are gathered under `texts`."""

    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    status: Literal["published", "draft", "retired"] = "published"
    tags: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    previous: str = ""  # the text before, in the account's language, where a helpdesk keeps versions
    readers: tuple[str, ...] = ()  # groups that alone may read it, where a helpdesk has such rules
    texts: dict[Language, ArticleText] = Field(min_length=1)


class Folder(Shape):
    """articles/*.toml: one folder. `parent` names the folder it lies in, when it is a sub-folder."""

    category: Text
    folder: Text
    parent: str = ""
    visibility: int = Field(ge=1, le=3)
    article: tuple[Article, ...] = ()


class File(Shape):
    """An attachment; its bytes are made up."""

    name: Text
    content_type: Text
    size: int = Field(ge=0, le=20 * 1024 * 1024)
    trouble: Literal["", "redirect", "away", "short", "long"] = ""


class Planted(Shape):
    """Words of a message that a test looks for: they must stand in its text."""

    kind: Literal["name", "phone", "email", "card", "iban", "address", "id_number", "secret", "instruction"]
    text: Text


class Message(Shape):
    by: Literal["customer", "agent", "note"]
    text: Text
    after: Duration | None = None
    quoted: bool = False
    signature: str = ""
    lang: Language | None = None
    file: tuple[File, ...] = ()
    planted: tuple[Planted, ...] = ()


class Case(Shape):
    """One ticket with its thread; the first message is the description."""

    topic: str = ""
    lang: Language
    subject: Text
    status: StatusName
    priority: int = Field(ge=1, le=4)
    group: Text
    tags: tuple[str, ...] = ()
    days_ago: float = Field(ge=0)
    channel: Channel = "email"
    customer: Text
    agent: str = ""
    state: Literal["live", "spam", "trash", "archived"] = "live"
    custom_fields: dict[str, str | int | bool | None] = Field(default_factory=dict)
    message: tuple[Message, ...] = Field(min_length=1, max_length=12)


class Topic(Shape):
    """tickets/*.toml"""

    case: tuple[Case, ...] = ()
