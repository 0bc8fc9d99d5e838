"""Wire shapes of Freshdesk: what we read of its objects. Unknown fields are ignored, most known ones may be missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from apps.platforms.adapters.answers import Wire as Wire
from apps.platforms.adapters.answers import Words


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


# Some accounts answer with an offset instead of Z (contract 2.1).
Time = Annotated[AwareDatetime, AfterValidator(_utc)]
Many = BeforeValidator(lambda value: () if value is None else value)


class Record(Wire):
    """What every small record has."""

    id: int
    name: Words = ""
    created_at: Time | None = None
    updated_at: Time | None = None


class Attachment(Wire):
    id: int
    name: Words = ""
    content_type: Words = ""
    size: int = 0
    file_size: int = 0  # its name in older answers


class FileLink(Attachment):
    """With its link, where it is asked for: it differs in every answer, so no row that is compared may carry it."""

    attachment_url: Words = Field(default="", repr=False)


class WithFiles(Wire):
    """A ticket or an entry of its thread, as far as files go."""

    id: int
    deleted: bool = False
    attachments: Annotated[tuple[FileLink, ...], Many] = ()


class Requester(Wire):
    """The customer inside a ticket. Web chat leaves all but the id empty."""

    id: int
    name: Words = ""
    email: str | None = None


class TicketPlace(Wire):
    """What a walk must know of a listed ticket, whatever else the row is."""

    id: int
    updated_at: Time
    archived: bool = False


class Ticket(Wire):
    id: int
    subject: Words = ""
    description: str | None = None
    description_text: str | None = None
    status: int
    priority: int = 2
    source: int = 0
    type: str | None = None
    group_id: int | None = None
    responder_id: int | None = None
    product_id: int | None = None
    requester_id: int | None = None
    company_id: int | None = None
    requester: Requester | None = None
    spam: bool = False
    deleted: bool = False
    archived: bool = False
    tags: Annotated[tuple[str, ...], Many] = ()
    attachments: Annotated[tuple[Attachment, ...], Many] = ()
    association_type: int | None = None  # 1 parent 2 child 3 tracker 4 related
    associated_tickets_list: tuple[int, ...] | None = None  # some answers tell how many instead
    due_by: Time | None = None
    created_at: Time
    updated_at: Time


Place = Ticket | TicketPlace


class Conversation(Wire):
    id: int
    ticket_id: int | None = None
    body: Words = ""
    body_text: Words = ""
    incoming: bool = False
    private: bool | None = None  # missing is not public
    deleted: bool = False
    user_id: int | None = None
    source: int = -1
    from_email: str | None = None
    attachments: Annotated[tuple[Attachment, ...], Many] = ()
    created_at: Time
    updated_at: Time
    last_edited_at: Time | None = None


class Case(Ticket):
    """A ticket viewed with conversations: the first ten, oldest first."""

    conversations: Annotated[tuple[Conversation, ...], Many] = ()


class Numbered(Wire):
    """What a row must have to be counted."""

    id: int


class Contact(Record):
    email: str | None = None
    language: str | None = None


class Firm(Record):
    """A customer's company."""


class Rating(Wire):
    """Of one survey that was answered; `ratings` by question."""

    id: int
    ticket_id: int
    user_id: int | None = None
    feedback: Words = ""
    ratings: dict[str, int] = {}
    created_at: Time


class TimeEntry(Wire):
    id: int
    ticket_id: int
    agent_id: int | None = None
    time_spent: str = Field(pattern=r"^\d{1,6}:[0-5]\d$")  # hours and minutes
    billable: bool = False
    timer_running: bool = False
    note: Words = ""
    executed_at: Time


class ExportedFile(Wire):
    url: str = ""


class ActivitiesExport(Wire):
    """Links to the files of a day: a list of them, or one."""

    export: list[ExportedFile] | ExportedFile

    @property
    def urls(self) -> list[str]:
        files = self.export if isinstance(self.export, list) else [self.export]
        return [one.url for one in files if one.url]


class AgentContact(Wire):
    name: Words = ""
    email: str | None = None
    language: str | None = None
    active: bool = True


class Agent(Wire):
    id: int
    contact: AgentContact
    ticket_scope: int = 0
    group_ids: Annotated[tuple[int, ...], Many] = ()
    deactivated: bool = False


class Group(Record):
    pass


class TicketField(Wire):
    """`choices` has a shape for each kind of field (contract 2.3); only that of default_status is read."""

    id: int
    name: Words = ""
    label: Words = ""
    type: Words = ""
    choices: Any = None


class Account(Wire):
    """GET /account; readable by admins only on some plans."""

    account_name: Words = ""
    account_domain: Words = ""


class HelpdeskSettings(Wire):
    primary_language: str = "en"
    supported_languages: Annotated[tuple[str, ...], Many] = ()
    portal_languages: Annotated[tuple[str, ...], Many] = ()


class Product(Record):
    pass


class CannedFolder(Record):
    personal: bool = False


class CannedResponse(Wire):
    """Some answers leave out for whom it is."""

    id: int
    title: Words = ""
    content: Words = ""
    content_html: Words = ""
    visibility: int | None = None
    group_ids: Annotated[tuple[int, ...], Many] = ()


class SolutionCategory(Record):
    """Portals are named only where an account has several."""

    visible_in_portals: Annotated[tuple[int, ...], Many] = ()


class SolutionFolder(Record):
    visibility: int | None = None
    sub_folders_count: int = 0


class SolutionArticle(Wire):
    id: int
    title: Words = ""
    description: Words = ""
    description_text: Words = ""
    status: int = 1
    agent_id: int | None = None
    category_id: int | None = None
    folder_id: int | None = None
    tags: Annotated[tuple[str, ...], Many] = ()
    created_at: Time
    updated_at: Time


class TicketSearch(Wire):
    """GET /search/tickets: 30 a page, for looks only, never for sync (contract 2.2)."""

    total: int = Field(ge=0)
    results: tuple[Ticket, ...]


class Total(Wire):
    """Of a search, when its rows do not matter."""

    total: int = Field(ge=0)


class ContactSearch(Wire):
    total: int = Field(ge=0)
    results: tuple[Contact, ...]
