"""What is to be read, how far we are, and what is still owed to the index."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.fields import SealedField
from apps.core.ids import uuid7
from apps.core.privacy import NONE, SECRET, DataClass
from apps.platforms.models import Connection
from apps.tenancy.models import CompanyModel


class Stream(CompanyModel):
    """One feed of one connection: cursor, lease and fencing token. The queue says 'look'; this row says what."""

    class Kind(models.TextChoices):
        ARTICLES = "articles", _("Articles")
        TICKETS = "tickets", _("Tickets")
        TRASHED = "trashed", _("Trashed tickets")
        SPAM = "spam", _("Spam")
        GONE = "gone", _("Deleted tickets")  # as the helpdesk tells of them
        HISTORY = "history", _("Older tickets")  # behind what is read first; once
        THREADS = "threads", _("Threads")  # by table, where a helpdesk tells them so
        PEOPLE = "people", _("Names of customers")  # of those that came without one
        COMPANIES = "companies", _("Companies of customers")
        IDS = "ids", _("All numbers")  # what went away without a word
        RECENT = "recent", _("Recent threads again")  # notes that were edited or deleted without a trace
        REFERENCE = "reference", _("Agents, groups and statuses")
        CANNED = "canned", _("Saved replies")
        RATINGS = "ratings", _("Ratings of customers")
        TIMES = "times", _("Time entries")
        ACTIVITIES = "activities", _("Activities of tickets")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "kind": NONE, "cursor": NONE, "next_at": NONE,
        "lease_until": NONE, "fence": NONE, "pages": NONE, "items": NONE, "completed_at": NONE,
        "first_completed_at": NONE, "sweep": NONE, "failures": NONE, "last_error": NONE, "deliveries": NONE,
        "held": NONE, "confirmed_until": NONE, "pace": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="streams", db_index=False
    )  # see key
    kind = models.CharField(max_length=10, choices=Kind)
    cursor = models.JSONField(null=True)  # the adapter's own; None: begin
    next_at = models.DateTimeField()  # not before
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)  # grows with every lease; a late writer with an old one is refused
    pages = models.BigIntegerField(default=0)
    items = models.BigIntegerField(default=0)
    completed_at = models.DateTimeField(null=True)  # when the feed was last read to its end
    first_completed_at = models.DateTimeField(null=True)
    sweep = models.BigIntegerField(default=1)  # number of the walk under way (articles)
    failures = models.IntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=60, blank=True)
    held = models.IntegerField(default=0)  # removals that are too many to be believed without a word of somebody's
    confirmed_until = models.DateTimeField(null=True)  # somebody said that many are gone indeed
    pace = models.SmallIntegerField(default=0, db_default=0)  # passes in a row without news; below 0: with some (pacing.py)
    deliveries = models.IntegerField(default=0)  # leases since the last page that was stored or refused with reason

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        constraints = [models.UniqueConstraint(fields=["connection", "kind"], name="ingest_stream_key")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.kind}"


class Outbox(CompanyModel):
    """A thing still owed, written in the transaction that made it necessary; one row per thing."""

    class Kind(models.TextChoices):
        HINT = "hint", _("Read the ticket that may have changed")  # object_id: the hint
        LOOK = "look", _("Look what became of the ticket")
        THREAD = "thread", _("Read the thread")
        ROW = "row", _("Read the ticket that was set aside")  # object_id: the letter's number
        INDEX_TICKET = "index_ticket", _("Index the ticket")
        INDEX_ARTICLE = "index_article", _("Index the article")
        BRIEF = "brief", _("Make the brief")
        FILE = "file", _("Read the file")
        SECOND_ARTICLE = "second_article", _("Give the article its second meaning")
        NOTICE = "notice", _("Tell an admin by email")  # object_id: the notice's mail
        REINDEX = "reindex", _("Index everything again")  # object_id: of the last ticket or article that was owed
        REINDEX_AFRESH = "reindex_afresh", _("Compute the meaning of everything again")

    BEHIND = frozenset({Kind.SECOND_ARTICLE, Kind.NOTICE})  # mirror, index and briefs are complete without it

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "kind": NONE, "object_id": NONE, "priority": NONE, "version": NONE,
        "due_at": NONE, "claimed_until": NONE, "claim": NONE, "attempts": NONE, "deliveries": NONE, "last_error": NONE,
        "aside": NONE,
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=14, choices=Kind)
    object_id = models.UUIDField()
    priority = models.SmallIntegerField(default=5)  # lower first
    version = models.BigIntegerField(default=1)  # raised when asked again while somebody works on it
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    claim = models.BigIntegerField(default=0)  # grows with every claim; an effect under an old one is refused
    attempts = models.IntegerField(default=0)  # that failed
    deliveries = models.IntegerField(default=0)  # claims without an outcome: its worker died, or met a bug
    last_error = models.CharField(max_length=60, blank=True)
    aside = models.SmallIntegerField(default=0, db_default=0)  # how often it was set aside because its worker was lost

    class Meta:
        verbose_name = _("owed work")
        verbose_name_plural = _("owed work")
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="ingest_outbox_key")]
        indexes = [
            models.Index(fields=["kind", "priority", "due_at", "id"], name="ingest_outbox_turn"),
            # The few that are looked for before every claim, however much is owed.
            models.Index(
                fields=["kind"], condition=models.Q(deliveries__gt=0) | models.Q(aside__gt=0), name="ingest_outbox_suspect"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class StageTime(CompanyModel):
    """How long a step of the work takes in this company: the last measurements, and how many there were (timing.py)."""

    class Stage(models.TextChoices):
        WAITING = "waiting", _("Waiting its turn")
        READING = "reading", _("Reading the helpdesk")
        STORING = "storing", _("Storing")
        CHUNKING = "chunking", _("Cutting into chunks")
        EMBEDDING = "embedding", _("Computing the meaning")
        PLACING = "placing", _("Placing in the index")
        BRIEF = "brief", _("Making briefs")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "stage": NONE, "count": NONE, "recent": NONE,
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    stage = models.CharField(max_length=10, choices=Stage, unique=True)
    count = models.BigIntegerField(default=0)
    recent = models.JSONField(default=list)  # seconds, the last one at the end

    class Meta:
        verbose_name = _("time of a step")
        verbose_name_plural = _("times of steps")

    def __str__(self) -> str:
        return self.stage


class Hook(CompanyModel):
    """The address at which a connection's helpdesk says that a ticket may have changed. Its secrets are shown once; here are
    their digests, and sealed the key by which a helpdesk signs. After a rotation the old ones work until the new ones are heard, or until `old_until`."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "path_digest": SECRET, "header_digest": SECRET,
        "old_path_digest": SECRET, "old_header_digest": SECRET, "old_until": NONE, "made_at": NONE, "heard_at": NONE,
        "sign_key": SECRET, "old_sign_key": SECRET,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="hook")
    path_digest = models.CharField(max_length=64)
    header_digest = models.CharField(max_length=64, blank=True)  # "": its calls are signed
    old_path_digest = models.CharField(max_length=64, blank=True)
    old_header_digest = models.CharField(max_length=64, blank=True)
    old_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)  # the last hint, to ten seconds
    sign_key = SealedField(blank=True, default="", db_default="")  # by which its helpdesk signs
    old_sign_key = SealedField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return f"{self.connection_id}"


class Hint(CompanyModel):
    """A ticket of which somebody said that it may have changed, or that is open on somebody's screen: when that was, and
    when the helpdesk was asked. What is to be done stands in the outbox; rows that have had their day are swept."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "remote_id": NONE, "heard_at": NONE, "read_at": NONE,
        "seen_at": NONE, "error": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False)  # see key
    remote_id = models.CharField(max_length=40)
    heard_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # the last read began
    seen_at = models.DateTimeField(null=True)  # the last read with an answer began
    error = models.CharField(max_length=60, blank=True)  # why the last read brought nothing

    class Meta:
        verbose_name = _("hint")
        verbose_name_plural = _("hints")
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="ingest_hint_key")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.remote_id}"


class DeadLetter(CompanyModel):
    """Work that failed every delivery without a reason that passes: set aside, so that what waits behind it goes on.

    Tried again by itself, and when somebody says so.
    """

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "kind": NONE, "key": NONE, "code": NONE, "count": NONE, "at": NONE,
        "rounds": NONE, "again_at": NONE,
    }  # fmt: skip

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=14)  # one of Outbox.Kind, or ticket or article: a row of a page
    key = models.CharField(max_length=100)  # id of the owed object, or "<connection> <remote id>"
    code = models.CharField(max_length=60)
    count = models.IntegerField(default=0)  # deliveries
    at = models.DateTimeField()  # of the last one
    rounds = models.SmallIntegerField(default=1, db_default=1)  # how often it was set aside in a row
    again_at = models.DateTimeField(db_default=Now())  # when it is tried again by itself

    class Meta:
        verbose_name = _("work set aside")
        verbose_name_plural = _("work set aside")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="ingest_deadletter_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Watch(CompanyModel):
    """Whether a connection's tickets are read, as the last look found it (watching.py)."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "connection": NONE, "company_id": NONE, "pages": NONE, "moved_at": NONE, "looked_at": NONE,
    }  # fmt: skip

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, primary_key=True)
    pages = models.BigIntegerField()  # of its feeds of tickets
    moved_at = models.DateTimeField()  # since then there were no more, although somebody looked all the time
    looked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")

    def __str__(self) -> str:
        return f"{self.connection_id}"


class Notice(CompanyModel):
    """Something an admin must know of a connection, from when it began until it was over. One of a connection is open at a
    time: whoever made its row has said it, however many find the same."""

    class Reason(models.TextChoices):
        REFUSED = "refused", _("Key refused")
        STUCK = "stuck", _("Sync stopped")

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "connection": NONE, "reason": NONE, "code": NONE, "began_at": NONE,
        "opened_at": NONE, "ended_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="notices")
    reason = models.CharField(max_length=10, choices=Reason)
    code = models.CharField(max_length=60, blank=True)  # what the helpdesk or our work met
    began_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["connection"], condition=models.Q(ended_at=None), name="ingest_notice_open")
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.reason}"


class NoticeMail(CompanyModel):
    """What one admin was told of a notice: the trouble, then its end. The rows are made with the notice."""

    data_classes: ClassVar[dict[str, DataClass]] = {
        "id": NONE, "company_id": NONE, "notice": NONE, "person": NONE, "told_at": NONE, "over_at": NONE,
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="mails", db_index=False)  # see key
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mail of a notice")
        verbose_name_plural = _("mails of notices")
        constraints = [models.UniqueConstraint(fields=["notice", "person"], name="ingest_noticemail_key")]

    def __str__(self) -> str:
        return f"{self.pk}"
