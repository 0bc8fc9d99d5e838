"""Wire shapes of ServiceNow: what we read of its rows. Every value is a string, alone or in an object with what is displayed;
a field that is hidden from us is missing or empty (contract 3.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from apps.platforms.adapters.answers import Wire
from apps.platforms.adapters.servicenow import query


class Cell(Wire):
    """A field: its value in the database, and as it is displayed to us."""

    value: str = ""
    shown: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def words(self) -> str:
        return self.shown or self.value


def _cell(raw: Any) -> Any:
    if isinstance(raw, Cell):
        return raw
    if isinstance(raw, dict):
        value = raw.get("value", raw.get("sys_id"))  # the interface for cases puts the whole row there
        shown = raw.get("display_value", raw.get("name"))
        return Cell(value="" if value is None else str(value), shown="" if shown is None else str(shown))
    return Cell(value="" if raw is None else str(raw))


def _plain(raw: Any) -> str:
    return str(_cell(raw).value)


def _time(raw: Any) -> datetime | None:
    if isinstance(raw, datetime):
        return raw
    return query.moment(_plain(raw))


def _checked(sys_id: str) -> str:
    if not query.is_id(sys_id):
        raise ValueError("no id")
    return sys_id


Shown = Annotated[Cell, BeforeValidator(_cell)]
Text = Annotated[str, BeforeValidator(_plain)]
Id = Annotated[str, BeforeValidator(_plain), AfterValidator(_checked)]
Time = Annotated[AwareDatetime, BeforeValidator(_time)]
MaybeTime = Annotated[AwareDatetime | None, BeforeValidator(_time)]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
OrNever = Annotated[AwareDatetime, BeforeValidator(lambda raw: _time(raw) or NEVER)]


class Record(Wire):
    """What every row has."""

    sys_id: Id

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """What is asked for, as the instance names it."""
        return _fields(cls)


@cache
def _fields(shape: type[Record]) -> tuple[str, ...]:
    return tuple(str(field.alias or name) for name, field in shape.model_fields.items())


class Changed(Record):
    """What a walk by time must know of a row."""

    sys_updated_on: Time
    sys_mod_count: Text = ""


class Task(Changed):
    """A ticket of either table: the customer of an incident is its caller, that of a case its contact."""

    number: Text = ""
    short_description: Text = ""
    description: Text = ""
    state: Shown = Cell()
    priority: Text = ""
    category: Shown = Cell()
    contact_type: Text = ""
    assigned_to: Text = ""
    assignment_group: Text = ""
    due_date: MaybeTime = None
    active: Text = ""
    sys_class_name: Text = ""
    sys_created_on: Time
    sys_tags: Shown = Cell()


class Incident(Task):
    caller_id: Shown = Cell()
    customer_email: Text = Field(default="", alias="caller_id.email")


class Case(Task):
    contact: Shown = Cell()
    customer_email: Text = Field(default="", alias="contact.email")


class Caller(Record):
    """Whose ticket it is, by the name they write under."""

    customer: Text = Field(default="", alias="caller_id")
    login: Text = Field(default="", alias="caller_id.user_name")


class Contact(Record):
    customer: Text = Field(default="", alias="contact")
    login: Text = Field(default="", alias="contact.user_name")


class Journal(Record):
    """An entry of a thread; written once, never changed."""

    name: Text = ""
    element: Text = ""
    element_id: Text = ""
    value: Text = ""
    sys_created_on: OrNever = NEVER
    sys_created_by: Text = ""


class JournalPlace(Record):
    element_id: Text = ""
    sys_created_on: Time


class Attachment(Changed):
    file_name: Text = ""
    content_type: Text = ""
    size_bytes: Text = ""
    table_name: Text = ""
    table_sys_id: Text = ""
    state: Text = ""


class AttachmentPlace(Changed):
    table_sys_id: Text = ""


class Article(Changed):
    number: Text = ""
    short_description: Text = ""
    text: Text = ""
    wiki: Text = ""
    article_type: Text = ""
    kb_knowledge_base: Shown = Cell()
    kb_category: Shown = Cell()
    workflow_state: Text = ""
    language: Text = ""
    parent: Text = ""
    valid_to: Text = ""
    can_read_user_criteria: Text = ""
    cannot_read_user_criteria: Text = ""
    author: Text = ""
    sys_class_name: Text = ""
    active: Text = ""
    sys_created_on: Time


class Choice(Record):
    name: Text = ""
    element: Text = ""
    value: Text = ""
    label: Text = ""
    language: Text = ""
    inactive: Text = ""


class User(Record):
    user_name: Text = ""
    name: Text = ""
    email: Text = ""
    active: Text = ""
    time_zone: Text = ""
    preferred_language: Text = ""


class Group(Record):
    name: Text = ""
    active: Text = ""


class Member(Record):
    """A person in a group."""

    user: Text = ""
    group: Text = ""
    name: Text = Field(default="", alias="user.name")
    email: Text = Field(default="", alias="user.email")
    login: Text = Field(default="", alias="user.user_name")
    active: Text = Field(default="", alias="user.active")
    language: Text = Field(default="", alias="user.preferred_language")


class Criteria(Record):
    """Who may read an article. Only lists of people and of groups can be judged from here."""

    active: Text = ""
    user: Text = ""
    group: Text = ""
    role: Text = ""
    department: Text = ""
    company: Text = ""
    location: Text = ""
    script: Text = ""
    advanced: Text = ""
    match_all: Text = ""

    @property
    def judged(self) -> bool | None:
        """Whether its lists of people and groups alone decide; False: it is switched off, None: something else does too."""
        if self.active == "false":
            return False
        elsewhere = self.advanced == "true" or any((self.role, self.department, self.company, self.location, self.script))
        return True if not elsewhere and (self.user or self.group) else None


class BaseCriteria(Record):
    """A criterion of a whole knowledge base."""

    kb_knowledge_base: Text = ""
    user_criteria: Text = ""


class Deleted(Record):
    tablename: Text = ""
    documentkey: Text = ""
    sys_created_on: Time


class Told(Record):
    """A ticket whose thread is displayed and not to be read by table."""

    comments: Shown = Cell()
    work_notes: Shown = Cell()
    sys_created_on: Shown = Cell()
    sys_updated_on: Shown = Cell()
    customer: Shown = Field(default=Cell(), alias="caller_id")
    login: Text = Field(default="", alias="caller_id.user_name")


class ToldCase(Told):
    customer: Shown = Field(default=Cell(), alias="contact")
    login: Text = Field(default="", alias="contact.user_name")
