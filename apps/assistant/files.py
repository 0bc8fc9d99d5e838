"""Attachments as a line each: name, kind, size. They stay in the helpdesk, and come from there when they are clicked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.core.filetypes import kind_by_name
from apps.core.text import visible
from apps.platforms.models import Attachment


@dataclass(frozen=True, slots=True)
class FileLine:
    """What is said of one file; '' for what is not known."""

    id: UUID
    name: str
    kind: str
    size: str
    risky: bool  # opening it would run something


def file_lines(attachments: Iterable[Attachment]) -> list[FileLine]:
    return [_line(one) for one in attachments]


def _line(file: Attachment) -> FileLine:
    name = visible(file.name).strip() or "–"  # signs that turn a name around would hide its ending
    kind = kind_by_name(name, file.content_type)
    size = filesizeformat(file.size) if file.size > 0 else ""
    return FileLine(id=file.pk, name=name, kind=_words(kind), size=size, risky=kind == "program")


def _words(kind: str) -> str:
    return {
        "image": _("Image"),
        "pdf": _("PDF"),
        "document": _("Document"),
        "sheet": _("Spreadsheet"),
        "slides": _("Presentation"),
        "text": _("Text file"),
        "archive": _("Archive"),
        "audio": _("Audio"),
        "video": _("Video"),
        "mail": _("Email"),
        "page": _("Web page"),
        "program": _("Program"),
        "file": _("File"),
    }[kind]
