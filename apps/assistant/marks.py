"""Thumbs of a page: what one thing's form for feedback shows, and what is said when it was used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.assistant.feedback import COMMENT_LIMIT
from apps.assistant.models import Feedback

_OF_SOURCES = ("not_relevant", "wrong", "outdated", "private", "other")  # a ticket or an article has no tone
REASONS = dict.fromkeys(("draft", "answer"), tuple(Feedback.Reason.values)) | dict.fromkeys(
    ("similar", "article"), _OF_SOURCES
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing with what this reader said of it. `used`: the form was used just now, by script."""

    kind: str
    thing: str
    ticket_id: UUID | None = None
    question: str = ""
    given: Feedback | None = None
    used: bool = False
    error: str = ""

    limit = COMMENT_LIMIT

    @property
    def id(self) -> str:
        """Of the element: short, and the same on every page."""
        return f"fb-{self.kind}-{hashlib.sha256(self.thing.encode()).hexdigest()[:10]}"

    @property
    def up(self) -> bool:
        return self.given is not None and self.given.helpful

    @property
    def down(self) -> bool:
        return self.given is not None and not self.given.helpful

    @property
    def reasoned(self) -> bool:
        return self.given is not None and bool(self.given.reason or self.given.comment)

    @property
    def label(self) -> str:
        return {
            "draft": _("Feedback on the suggested reply"),
            "answer": _("Feedback on this answer"),
            "similar": _("Feedback on this similar ticket"),
            "article": _("Feedback on this article"),
        }[self.kind]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        labels = dict(Feedback.Reason.choices)
        return [(one, str(labels[one])) for one in REASONS[self.kind]]

    @property
    def said(self) -> str:
        """For a reader who does not see the page."""
        if self.error:
            return self.error
        if self.given is None:
            return _("Your feedback was taken back.")
        if self.down and not self.reasoned:
            return _("Marked as not helpful. You can add a reason.")
        return _("Thank you. Your feedback is saved.")
