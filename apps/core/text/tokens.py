"""HTML cut into tags and words the way browsers cut it, in one pass whose time grows with the length alone.

Full parsers spend quadratic time on tags nested without end (500 kB of <div>: 78 s in lexbor), so what strangers wrote
goes through `flatten` or `apps.core.text.sent` first, which bound the depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
# what stands in these is not markup; browsers read on to their end tag
RAW = frozenset({"iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"})
DEPTH = 100
MOST_ATTRIBUTES = 50
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "ul",
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
_ROWS = _CELLS | {"tr"}
_PARTS = _ROWS | {"caption", "colgroup", "tbody", "tfoot", "thead"}
_TABLE = _PARTS | {"table"}
# a start tag ends these by itself, as far as the nearest of the second set
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = (
    {"li": (frozenset({"li"}), frozenset({"ul", "ol"}) | _TABLE)}
    | dict.fromkeys(("dt", "dd"), (frozenset({"dt", "dd"}), frozenset({"dl"}) | _TABLE))
    | dict.fromkeys(_CELLS, (_CELLS, frozenset({"table", "tr"})))
    | {"tr": (_ROWS, frozenset({"table", "tbody", "thead", "tfoot"}))}
    | dict.fromkeys(_PARTS - _ROWS, (_PARTS, frozenset({"table"})))
)
_NAME = re.compile(r"[A-Za-z][^\t\n\f\r />]*")
_ATTRIBUTE = re.compile(r"[\s/]*+([^\s/>][^\s/>=]*+)\s*+(=\s*+)?")
_BARE = re.compile(r"[^\s>]*+")
_TAG_END = re.compile(r"[\s/]*+>")
_COMMENT_END = re.compile(r"--!?>")


@dataclass(frozen=True, slots=True)
class Text:
    """Words between tags, character references resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag in lower case; of a repeated attribute the first counts."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """An end tag in lower case."""

    name: str


Token = Text | Start | End


def tokens(html: str) -> Iterator[Token]:
    """Tags and words in order. Comments, what is not markup, and a tag that never ends are left out."""
    at, length = 0, len(html)
    while at < length:
        mark = html.find("<", at)
        if mark < 0:
            yield Text(unescape(html[at:]))
            return
        if mark > at:
            yield Text(unescape(html[at:mark]))
        follows = html[mark + 1 : mark + 2]
        if follows.isascii() and follows.isalpha():
            start, at = _start(html, mark + 1)
            if start is None:
                return
            yield start
            if start.name == "plaintext":
                return
            if start.name in RAW:
                at = _after_raw(html, at, start.name)
        elif follows == "/" and html[mark + 2 : mark + 3].isascii() and html[mark + 2 : mark + 3].isalpha():
            end, at = _start(html, mark + 2)
            if end is None:
                return
            yield End(end.name)
        elif follows in ("!", "?", "/"):
            at = _after_comment(html, mark)
        else:
            yield Text("<")
            at = mark + 1


def _start(html: str, at: int) -> tuple[Start | None, int]:
    """The tag whose name begins at `at`, and where it ends; None when it does not end."""
    name = _NAME.match(html, at)
    assert name is not None  # noqa: S101 - the caller saw a letter
    at, attributes = name.end(), dict[str, str]()
    while (end := _TAG_END.match(html, at)) is None:
        found = _ATTRIBUTE.match(html, at)
        if found is None:
            return None, len(html)
        value, at = _value(html, found.end()) if found[2] else ("", found.end())
        if value is None:
            return None, len(html)
        if len(attributes) < MOST_ATTRIBUTES:
            attributes.setdefault(found[1].lower(), unescape(value))
    return Start(name[0].lower(), attributes), end.end()


def _value(html: str, at: int) -> tuple[str | None, int]:
    """What stands behind "=", and where it ends; None for a quote that never closes."""
    quote = html[at : at + 1]
    if quote not in ('"', "'"):
        bare = _BARE.match(html, at)
        return (bare[0], bare.end()) if bare else (None, len(html))
    close = html.find(quote, at + 1)
    return (html[at + 1 : close], close + 1) if close >= 0 else (None, len(html))


def _after_raw(html: str, at: int, name: str) -> int:
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, at)
    return end.start() if end else len(html)


def _after_comment(html: str, at: int) -> int:
    """Behind <!-- … -->, <!doctype …>, <? … > and </ … >."""
    if not html.startswith("<!--", at):
        end = html.find(">", at)
        return end + 1 if end >= 0 else len(html)
    for short in (">", "->"):
        if html.startswith(short, at + 4):
            return at + 4 + len(short)
    found = _COMMENT_END.search(html, at + 4)
    return found.end() if found else len(html)


class Writer:
    """Writes markup that is closed where it was opened, at most DEPTH deep; deeper tags are left out, their words stay."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._open: list[str] = []

    def text(self, text: str) -> None:
        self.parts.append(escape(text))

    def start(self, name: str, attributes: dict[str, str] | None = None) -> bool:
        """False when it was left out."""
        self._end_what_ends(name)
        if name not in VOID:
            if len(self._open) >= DEPTH:
                return False
            self._open.append(name)
        listed = "".join(f' {key}="{escape(value)}"' for key, value in (attributes or {}).items())
        self.parts.append(f"<{name}{listed}>")
        return True

    def end(self, name: str) -> None:
        """Closes the innermost of that name and what stands open in it."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index] == name:
                self._close(index)
                return
            if (self._open[index] in _TABLE and name not in _TABLE) or (self._open[index] == "table" and name in _PARTS):
                return  # what stands in a cell closes nothing around its table

    def closed(self, name: str) -> None:
        """Called right behind every end tag; for writers that add something there."""

    def _end_what_ends(self, name: str) -> None:
        """An open <p> ends where a block begins, an <li> where the next does, and so on."""
        ended, borders = _ENDS.get(name, (frozenset(), frozenset()))
        last = -1
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index] in borders:
                break
            if self._open[index] in ended:
                last = index
        if last >= 0:
            self._close(last)
        if name in _BLOCKS:
            inner = next((at for at in range(len(self._open) - 1, -1, -1) if self._open[at] in _BLOCKS | _TABLE), -1)
            if inner >= 0 and self._open[inner] == "p":
                self._close(inner)

    def _close(self, index: int) -> None:
        while len(self._open) > index:
            name = self._open.pop()
            self.parts.append(f"</{name}>")
            self.closed(name)

    def whole(self) -> str:
        """Everything written, with all that is open closed."""
        self._close(0)
        return "".join(self.parts)


def flatten(html: str) -> str:
    """The same words in markup whose depth is bounded, for parsers that mind."""
    writer = Writer()
    for token in tokens(html):
        if isinstance(token, Text):
            writer.text(token.text)
        elif isinstance(token, End):
            writer.end(token.name)
        elif token.name not in RAW:
            writer.start(token.name, token.attributes)
    return writer.whole()
