"""What a file is: by its bytes, which decide, and by its name and label, which only promise."""

from __future__ import annotations

import re

# by the end of the name, which is what a system goes by when the file is opened; then by what the platform says it is
_ENDINGS = {
    "image": "png jpg jpeg gif webp bmp svg heic tif tiff", "pdf": "pdf", "document": "doc docx odt rtf pages",
    "sheet": "xls xlsx ods csv numbers", "slides": "ppt pptx odp key", "text": "txt log md json xml yml yaml",
    "archive": "zip rar 7z gz tgz tar bz2 xz", "audio": "mp3 wav m4a ogg flac aac", "video": "mp4 mov avi mkv webm",
    "mail": "eml msg mbox", "page": "html htm mht",
    "program": "exe msi bat cmd com scr js jse vbs vbe wsf ps1 jar apk dmg pkg sh lnk hta iso",
}  # fmt: skip
_BY_ENDING = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_BY_LABEL = (
    ("image/", "image"), ("audio/", "audio"), ("video/", "video"), ("application/pdf", "pdf"), ("text/html", "page"),
    ("text/", "text"), ("message/", "mail"), ("application/zip", "archive"),
)  # fmt: skip
IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_BEGIN = (
    (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"), (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"{\\rtf", "rtf"),
    (b"MZ", "program"), (b"\x7fELF", "program"), (b"#!", "program"), (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"), (b"\xce\xfa\xed\xfe", "program"), (b"L\x00\x00\x00\x01\x14\x02\x00", "program"),
    (b"Rar!", "archive"), (b"7z\xbc\xaf", "archive"), (b"\x1f\x8b", "archive"), (b"BZh", "archive"), (b"\xfd7zXZ", "archive"),
)  # fmt: skip
_MARKUP = re.compile(rb"<(?:!doctype|!--|html|head|body|title|script|style|div|span|table|meta|iframe|p|a|img|form|b|h\d)[\s>/]", re.IGNORECASE)
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_LOOK = 4096  # bytes in which markup must show what it is


def kind_by_name(name: str, label: str = "") -> str:
    """A key of the table above; 'file' for what is neither known by its name nor by its label."""
    ending = name.rpartition(".")[2].strip().lower() if "." in name else ""
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    return next((kind for start, kind in _BY_LABEL if label.lower().startswith(start)), "file")


def kind_by_bytes(body: bytes) -> str:
    """png, jpeg, gif, webp, pdf, zip, ole, rtf, program, archive, svg, html, text, or 'unknown'.

    A file that would pass for two things is what it begins as: nothing here looks for a second beginning further on.
    """
    for start, kind in _BEGIN:
        if body.startswith(start):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    head = body[:_LOOK].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"<?xml", b"<svg", b"<!DOCTYPE svg")) and _SVG.search(head):
        return "svg"
    if _MARKUP.match(head):
        return "html"
    return "text" if text_of(body[:_LOOK], cut=len(body) > _LOOK) is not None else "unknown"


def image_type(body: bytes) -> str | None:
    """The media type of an image a page may show; None for anything else, drawings that may hold scripts included."""
    return IMAGES.get(kind_by_bytes(body))


def text_of(body: bytes, *, cut: bool = False) -> str | None:
    """The words of a plain text, None where these bytes are none. `cut`: a sign may be parted at the end."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, body = "utf-16", body[: len(body) // 2 * 2]
    else:
        encoding = "utf-8-sig"
    for end in range(4 if cut else 1):
        try:
            found = body[: len(body) - end].decode(encoding)
        except UnicodeDecodeError:
            continue
        return found if _is_plain(found) else None
    found = body.decode("cp1252", errors="replace")  # what old programs write; other scripts' old tables cannot be told apart
    plain = sum(one.isascii() for one in found) >= 0.85 * len(found)
    return found if plain and "\ufffd" not in found and _is_plain(found) else None


def _is_plain(text: str) -> bool:
    """A log may hold a colour's escape or a form feed; a NUL is in no text."""
    return "\x00" not in text and sum(one < " " and one not in "\t\n\r\f\x1b" for one in text) <= len(text) // 100
