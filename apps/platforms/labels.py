"""The line that says that an assistant helped to write: a company's choice, for replies and notes apart (decision 0049).

It is part of the text before anybody confirms it, so what is seen, sent, mirrored and looked for is one and the same.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict

from apps.core.audit import record_on_commit
from apps.core.errors import BadInput
from apps.platforms.markup import clean
from apps.platforms.models import Connection, Ticket
from apps.platforms.outgoing import Outgoing

MOST = 200  # signs of a line


class Label(BaseModel):
    """As a connection keeps it: where the line goes, and the admin's own words by language; without them the default."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reply: bool = False
    note: bool = False
    texts: dict[str, str] = {}

    def words(self, language: str) -> str:
        return self.texts.get(language) or default_words(language)


def label_of(connection: Connection) -> Label:
    return Label.model_validate(connection.label)


def default_words(language: str) -> str:
    with translation.override(language):
        return _("This message was written with the help of an AI assistant.")


def line_for(connection: Connection, ticket: Ticket, kind: str, *, from_draft: bool) -> str:
    """What is added to a text of this kind, in its reader's language: the customer's, of notes the company's; '': nothing."""
    label = label_of(connection)
    if not from_draft or not {Outgoing.Kind.REPLY: label.reply, Outgoing.Kind.NOTE: label.note}.get(Outgoing.Kind(kind), False):
        return ""
    wanted = ticket.language if kind == Outgoing.Kind.REPLY else ""
    return label.words(_known(wanted) or _known(connection.primary_language) or "en")


def labelled(text: str, line: str) -> str:
    """With the line at its end, once."""
    return text if not text or not line or text.endswith(line) else f"{text}\n\n{line}"


def set_label(*, connection: Connection, reply: bool, note: bool, texts: dict[str, str]) -> Label:
    """Raises BadInput for words that are too long or of more than one line, and for languages that are none of ours."""
    kept = {language: words for language, given in texts.items() if (words := clean(given)) and words != default_words(language)}
    if kept.keys() - dict(settings.LANGUAGES).keys():
        raise BadInput("texts: by our languages.", code="language_invalid")
    if any(len(words) > MOST or "\n" in words for words in kept.values()):
        raise BadInput(f"texts: one line of at most {MOST} signs.", code="text_too_long")
    label = Label(reply=reply, note=note, texts=kept)
    change = "_".join([name for name, on in (("reply", reply), ("note", note)) if on]) or "off"
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(label=label.model_dump())
        record_on_commit("label_set", subject=f"connection:{connection.pk}", change=change)
    return label


def _known(language: str) -> str:
    """Our name of a helpdesk's language; '' when we have no words in it."""
    code = (language or "").lower()
    code = "zh-hans" if code.startswith("zh") else code
    ours = dict(settings.LANGUAGES)
    return code if code in ours else code.split("-")[0] if code.split("-")[0] in ours else ""
