"""What we mirror of a company's helpdesk: one row per remote object, keyed by connection and remote id."""

from __future__ import annotations

from typing import ClassVar

import orjson
from django.conf import settings
from django.db import models
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

from apps.accounts.reach import Reach
from apps.core.crypto import seal, unseal
from apps.core.fields import SealedField
from apps.core.ids import uuid7
from apps.core.names import numbered
from apps.core.privacy import CONTACT, CONTENT, NONE, SECRET, DataClass
from apps.platforms import firms, outgoing, products, ratings, ready, related  # noqa: F401 - their models belong to this app
from apps.platforms.articles import Article as Article
from apps.tenancy.context import current_company
from apps.tenancy.models import CompanyModel


class Connection(CompanyModel):
    """One account of the company at a helpdesk. Credentials lie sealed for this company."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        REJECTED = "rejected", _("Key refused")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "platform": NONE, "account": NONE, "config": NONE, "credentials": SECRET,
        "state": NONE, "statuses": NONE, "languages": NONE, "primary_language": NONE, "calls_per_minute": NONE,
        "last_error": NONE, "created_at": NONE, "check_report": NONE, "checked_at": NONE, "reads_files": NONE, "label": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.CharField(_("platform"), max_length=30)
    account = models.CharField(_("account"), max_length=200, unique=True)  # host of the account
    config = models.JSONField(default=dict)  # the adapter's Config without its secrets
    credentials = SealedField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    statuses = models.JSONField(default=list)  # [{"value","label","category"}]
    languages = models.JSONField(default=list)
    primary_language = models.CharField(max_length=12, default="en")
    calls_per_minute = models.FloatField(null=True)
    last_error = models.CharField(max_length=60, blank=True)  # a stable code, never a foreign server's words
    created_at = models.DateTimeField(auto_now_add=True)
    check_report = models.JSONField(default=dict)  # connecting.report_of: what the account lets us do
    checked_at = models.DateTimeField(_("checked"), null=True)
    reads_files = models.BooleanField(_("reads files"), default=True, db_default=True)  # their words are found and quoted

    label = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))  # labels.Label

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return self.account

    def set_secrets(self, secrets: dict[str, str]) -> None:
        """Seal the adapter's secret options for this company."""
        self.credentials = seal(
            orjson.dumps(secrets), company_id=current_company().company_id, field="platforms.connection.credentials"
        )

    def secrets(self) -> dict[str, str]:
        """The secret options. Raises SealBroken when they were sealed elsewhere, KeyDestroyed when no key opens them."""
        plain = unseal(
            self.credentials, company_id=current_company().company_id, field="platforms.connection.credentials"
        )
        found: dict[str, str] = orjson.loads(plain)
        return found


class Group(CompanyModel):
    """A team of agents in the helpdesk."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "name": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_index=False
    )  # the unique key begins with it
    remote_id = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_group_key")]

    def __str__(self) -> str:
        return self.name


class Person(CompanyModel):
    """A customer or an agent as the helpdesk knows them. `user` is set by agents.py alone: by verified e-mail, or by
    somebody's word (decisions 4)."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")

    class Mapped(models.TextChoices):
        EMAIL = "email", _("By verified email")
        HAND = "hand", _("By hand")

    class Scope(models.TextChoices):
        ALL = "all", _("All tickets")
        GROUP = "group", _("Tickets of their groups, and their own")
        RESTRICTED = "restricted", _("Their own tickets only")
        UNKNOWN = "unknown", _("Not known: their own tickets only")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "kind": NONE, "name": CONTACT,
        "email": CONTACT, "language": NONE, "user": NONE, "named": NONE, "mapped": NONE, "scope": NONE, "groups": NONE,
        "criteria": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_index=False
    )  # the unique key begins with it
    remote_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CUSTOMER)
    name = models.CharField(_("name"), max_length=300, blank=True)
    email = models.CharField(_("email"), max_length=320, blank=True)
    language = models.CharField(max_length=12, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("person here")
    )
    mapped = models.CharField(_("connected"), max_length=5, choices=Mapped, blank=True, default="", db_default="")  # to `user`
    named = models.BooleanField(default=True, db_default=True)  # False: we have the number, and not asked yet who it is
    # Of an agent: which tickets the helpdesk shows them (reach.py), and our ids of their groups.
    scope = models.CharField(_("tickets they see"), max_length=10, choices=Scope, default=Scope.UNKNOWN, db_default=Scope.UNKNOWN)
    groups = models.JSONField(_("groups"), default=list, db_default=models.Value([], models.JSONField()))
    criteria = models.JSONField(null=True)  # of articles, as the helpdesk names them: those they meet; None: not known

    class Meta:
        verbose_name = _("person in the helpdesk")
        verbose_name_plural = _("people in the helpdesk")
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_person_key")]

    def __str__(self) -> str:
        return self.name or self.email or self.remote_id


def in_reach(reach: Reach, ticket: str = "") -> models.Q:
    """The condition that a ticket is within a reach; `ticket` leads to it from another row: "ticket__"."""
    if not reach.limited:
        return models.Q()
    limited = models.Q(**{f"{ticket}connection_id__in": reach.limited})
    own = models.Q(**{f"{ticket}group_id__in": reach.groups}) | models.Q(**{f"{ticket}agent_id__in": reach.agents})
    return ~limited | own


class TicketQuerySet(models.QuerySet["Ticket"]):
    """Questions about many tickets. What a person is shown begins with `within` their reach (reach.py)."""

    def within(self, reach: Reach) -> TicketQuerySet:
        """Those a person of this reach may read."""
        return self.filter(in_reach(reach))

    def named(self, *names: str) -> TicketQuerySet:
        """Those that people call so, by number or by remote id."""
        return self.filter(models.Q(number__in={*names, *(one.upper() for one in names)} - {""}) | models.Q(remote_id__in=names))

    def shown(self) -> TicketQuerySet:
        """Tickets an agent may meet: neither spam nor trash nor gone."""
        return self.filter(state__in=["live", "archived"], deleted=False)

    def waiting(self) -> TicketQuerySet:
        """Work: open or pending and shown."""
        return self.shown().filter(status_category__in=["open", "pending"])

    def solved(self) -> TicketQuerySet:
        return self.shown().filter(status_category__in=["solved", "closed"])


class Ticket(CompanyModel):
    """A mirrored case. Its description is message 1 of its thread."""

    class Category(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")

    class State(models.TextChoices):
        LIVE = "live", _("Live")
        SPAM = "spam", _("Spam")
        TRASHED = "trashed", _("Trashed")
        ARCHIVED = "archived", _("Archived")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "subject": CONTENT, "state": NONE,
        "deleted": NONE, "status_value": NONE, "status_label": NONE, "status_category": NONE, "priority": NONE,
        "source": NONE, "type": NONE, "group": NONE, "agent": NONE, "customer": NONE, "tags": CONTENT,
        "product": NONE, "language": NONE, "description_html": CONTENT, "description_text": CONTENT, "due_by": NONE,
        "created_at": NONE, "updated_at": NONE, "solved_at": NONE, "raw_hash": NONE, "thread_version": NONE,
        "message_count": NONE, "sweep": NONE, "missing_at": NONE, "files": CONTENT, "firm": NONE, "number": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, db_index=False
    )  # the unique key begins with it
    remote_id = models.CharField(max_length=40)
    subject = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    deleted = models.BooleanField(default=False)  # gone from the helpdesk for good
    status_value = models.CharField(max_length=40)  # the platform's own value, as text
    status_label = models.CharField(max_length=200)
    status_category = models.CharField(max_length=10, choices=Category)
    priority = models.SmallIntegerField(default=2)  # 1 low .. 4 urgent
    source = models.CharField(max_length=20, blank=True)
    type = models.CharField(max_length=200, blank=True)
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, db_constraint=False)
    agent = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    customer = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="tickets")
    product = models.ForeignKey("platforms.Product", on_delete=models.SET_NULL, null=True, db_constraint=False)
    firm = models.ForeignKey("platforms.Firm", on_delete=models.SET_NULL, null=True, related_name="tickets", db_constraint=False)
    tags = models.JSONField(default=list)
    language = models.CharField(max_length=12, blank=True)  # the customer's, as they write
    description_html = models.TextField(blank=True)
    description_text = models.TextField(blank=True)  # the platform's own plain text
    due_by = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()  # the platform's, whole seconds
    solved_at = models.DateTimeField(null=True)
    raw_hash = models.CharField(max_length=64)
    thread_version = models.CharField(max_length=32, blank=True)  # changes when anything of the thread changes
    message_count = models.IntegerField(default=0)
    sweep = models.BigIntegerField(default=0, db_default=0)  # number of the walk over all ids that last saw it
    missing_at = models.DateTimeField(null=True)  # when the helpdesk first answered that there is no such ticket
    files = models.JSONField(null=True)  # of the first message, as AttachmentData; None: no answer has told yet
    number = models.CharField(max_length=40, blank=True, default="", db_default="")  # as people name it; "": by its remote id

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="platforms_ticket_key")]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="platforms_ticket_recent"),
            models.Index(fields=["status_category", "-updated_at", "-id"], name="platforms_ticket_queue"),
            models.Index(fields=["number"], condition=~models.Q(number=""), name="platforms_ticket_number"),
            # Those without a thread, by the bytes of their remote ids: what a page of a walk over threads does not name.
            models.Index("connection", Collate("remote_id", "C"), condition=models.Q(thread_version=""), name="platforms_ticket_unread"),
        ]

    def __str__(self) -> str:
        return f"{numbered(self.name)} {self.subject}"

    @property
    def name(self) -> str:
        """What people call it, without the sign before a number (core.names)."""
        return self.number or self.remote_id

    @property
    def is_solved(self) -> bool:
        return self.status_category in (self.Category.SOLVED, self.Category.CLOSED)


class Message(CompanyModel):
    """One entry of a thread, the description included (kind description, number 1)."""

    class Kind(models.TextChoices):
        DESCRIPTION = "description", _("Description")
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        SYSTEM = "system", _("System")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "ticket": NONE, "remote_id": NONE, "number": NONE, "kind": NONE,
        "author": NONE, "author_name": CONTACT, "author_remote_id": CONTACT, "visibility": NONE, "html": CONTENT,
        "text": CONTENT, "language": NONE, "created_at": NONE, "updated_at": NONE, "raw_hash": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)  # as above
    remote_id = models.CharField(max_length=40)  # "description" for the first
    number = models.IntegerField()  # 1-based place in the thread
    kind = models.CharField(max_length=12, choices=Kind)
    author = models.CharField(max_length=10, choices=Author)
    author_name = models.CharField(max_length=300, blank=True)
    author_remote_id = models.CharField(max_length=40, blank=True)
    visibility = models.CharField(max_length=10, default="private")  # public | private | restricted
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)  # the platform's own plain text
    language = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    raw_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["ticket", "remote_id"], name="platforms_message_key")]

    def __str__(self) -> str:
        return f"{self.ticket_id} #{self.number}"

    @property
    def is_private(self) -> bool:
        """Anything not known to be public counts as private."""
        return self.visibility != "public"


class Attachment(CompanyModel):
    """A file's metadata and words. Its URL is never stored: it is signed and dies in minutes (contract 2.5); nor are its
    bytes. Whoever lists files defers `text`."""

    class Outcome(models.TextChoices):
        """What became of reading it; '' is still to be read."""

        READ = "read", _("Read")
        TOO_LARGE = "too_large", _("Too large to read")
        NOT_READABLE = "not_readable", _("Holds no words that can be read")
        ENCRYPTED = "encrypted", _("Locked with a password")
        UNSAFE_TYPE = "unsafe_type", _("Not read for safety")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "message": NONE, "remote_id": NONE, "name": CONTENT, "content_type": NONE,
        "size": NONE, "outcome": NONE, "text": CONTENT, "language": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    remote_id = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=300)
    content_type = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField(default=0)
    outcome = models.CharField(_("reading"), max_length=12, choices=Outcome, blank=True, default="", db_default="")
    text = models.TextField(blank=True, default="", db_default="")
    language = models.CharField(max_length=12, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [models.UniqueConstraint(fields=["message", "remote_id"], name="platforms_attachment_key")]
        indexes = [models.Index(fields=["id"], condition=models.Q(outcome=""), name="platforms_attachment_unread")]

    def __str__(self) -> str:
        return self.name
