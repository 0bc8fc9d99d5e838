"""Attachments as a line each: name, kind, size. They stay in the helpdesk; no address of theirs is kept or shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.core.text import visible
from apps.platforms.models import Attachment

# by the end of the name, which is what a system goes by when the file is opened; then by what the platform says it is
_ENDINGS = {
    "image": "png jpg jpeg gif webp bmp svg heic tif tiff", "pdf": "pdf", "document": "doc docx odt rtf pages",
    "sheet": "xls xlsx ods csv numbers", "slides": "ppt pptx odp key", "text": "txt log md json xml yml yaml",
    "archive": "zip rar 7z gz tgz tar bz2 xz", "audio": "mp3 wav m4a ogg flac aac", "video": "mp4 mov avi mkv webm",
    "mail": "eml msg mbox", "page": "html htm mht",
    "program": "exe msi bat cmd com scr js jse vbs vbe wsf ps1 jar apk dmg pkg sh lnk hta iso",
}  # fmt: skip
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_BY_TYPE = (
    ("image/", "image"), ("audio/", "audio"), ("video/", "video"), ("application/pdf", "pdf"), ("text/html", "page"),
    ("text/", "text"), ("message/", "mail"), ("application/zip", "archive"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileLine:
    """What is said of one file; '' for what is not known."""

    name: str
    kind: str
    size: str
    risky: bool  # opening it would run something


def file_lines(attachments: Iterable[Attachment]) -> list[FileLine]:
    return [_line(one) for one in attachments]


def _line(file: Attachment) -> FileLine:
    name = visible(file.name).strip() or "–"  # signs that turn a name around would hide its ending
    kind = kind_of(name, file.content_type)
    size = filesizeformat(file.size) if file.size > 0 else ""
    return FileLine(name=name, kind=_words(kind), size=size, risky=kind == "program")


def kind_of(name: str, content_type: str) -> str:
    """A key of _words; 'file' for what is neither known by its name nor by its type."""
    ending = name.rpartition(".")[2].strip().lower() if "." in name else ""
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    return next((kind for start, kind in _BY_TYPE if content_type.lower().startswith(start)), "file")


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
