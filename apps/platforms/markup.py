"""Text as a person wrote it to the HTML a helpdesk takes, and whether a message of the helpdesk is that text."""

from __future__ import annotations

import re
from html import escape

from apps.core.text import html_to_text, normalise

_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SPACES = re.compile(r"(?<= ) |^ ", re.MULTILINE)


def clean(text: str) -> str:
    """As it is kept and shown: one kind of line end, no NUL, no empty lines around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def to_html(text: str) -> str:
    """Paragraphs and line breaks; everything else is the text itself, links too. Indented lines stay indented."""
    parts = [escape(part, quote=False) for part in _PARAGRAPHS.split(clean(text))]
    return "".join(f"<p>{_SPACES.sub('&nbsp;', part).replace(chr(10), '<br>')}</p>" for part in parts)


def same(text: str, message_text: str, message_html: str) -> bool:
    """Whether a message says these words: white space is lost on the way through a helpdesk, words are not."""
    wanted = _bare(text)
    return wanted in (_bare(message_text), _bare(html_to_text(message_html)))


def _bare(text: str) -> str:
    return "".join(normalise(text).split())
