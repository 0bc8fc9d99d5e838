"""HTML cut into tags and words the way browsers cut it, in one pass whose time grows with the length alone.

Full parsers spend quadratic time on tags nested without end (500 kB of <div>: 78 s in lexbor), so what strangers wrote
is read here, and a parser sees only what `apps.core.text.sent` wrote anew, at most DEPTH deep.
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
SPACE = r"\t\n\f\r "  # what separates attributes; other white space is part of them
_NAME = re.compile(rf"[A-Za-z][^{SPACE}/>]*")
_ATTRIBUTE = re.compile(rf"[{SPACE}/]*+([^{SPACE}/>][^{SPACE}/>=]*+)[{SPACE}]*+(=[{SPACE}]*+)?")
_BARE = re.compile(rf"[^{SPACE}>]*+")
_TAG_END = re.compile(rf"[{SPACE}/]*+>")
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
            start, at = read_tag(html, mark + 1)
            if start is None:
                return
            yield start
            if start.name == "plaintext":
                return
            if start.name in RAW:
                at = _after_raw(html, at, start.name)
        elif follows == "/" and html[mark + 2 : mark + 3].isascii() and html[mark + 2 : mark + 3].isalpha():
            end, at = read_tag(html, mark + 2)
            if end is None:
                return
            yield End(end.name)
        elif follows in ("!", "?", "/"):
            at = _after_comment(html, mark)
        else:
            yield Text("<")
            at = mark + 1


def read_tag(html: str, at: int) -> tuple[Start | None, int]:
    """The tag whose name begins at `at`, a letter, and where it ends; None when it does not end."""
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
    end = re.compile(rf"</{name}(?=[{SPACE}/>])", re.IGNORECASE).search(html, at)
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


class Nesting:
    """Which tags are open, by the rules of browsers for what ends what; at most DEPTH of them."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def start(self, name: str) -> bool:
        """False when it was left out because it stands too deep."""
        self._end_what_ends(name)
        if name not in VOID:
            if len(self.open) >= DEPTH:
                return False
            self.open.append(name)
        return True

    def end(self, name: str) -> None:
        """Closes the innermost of that name and what stands open in it."""
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index] == name:
                self.close(index)
                return
            if (self.open[index] in _TABLE and name not in _TABLE) or (self.open[index] == "table" and name in _PARTS):
                return  # what stands in a cell closes nothing around its table

    def close(self, index: int) -> None:
        """Closes what is open from that place on."""
        del self.open[index:]

    def _end_what_ends(self, name: str) -> None:
        """An open <p> ends where a block begins, an <li> where the next does, and so on."""
        ended, borders = _ENDS.get(name, (frozenset(), frozenset()))
        last = -1
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index] in borders:
                break
            if self.open[index] in ended:
                last = index
        if last >= 0:
            self.close(last)
        if name in _BLOCKS:
            inner = next((at for at in range(len(self.open) - 1, -1, -1) if self.open[at] in _BLOCKS | _TABLE), -1)
            if inner >= 0 and self.open[inner] == "p":
                self.close(inner)


class Writer(Nesting):
    """Writes markup that is closed where it was opened, at most DEPTH deep; deeper tags are left out, their words stay."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def text(self, text: str) -> None:
        self.parts.append(escape(text))

    def start(self, name: str, attributes: dict[str, str] | None = None) -> bool:
        """False when it was left out."""
        if not super().start(name):
            return False
        listed = "".join(f' {key}="{escape(value)}"' for key, value in (attributes or {}).items())
        self.parts.append(f"<{name}{listed}>")
        return True

    def closed(self, name: str) -> None:
        """Called right behind every end tag; for writers that add something there."""

    def close(self, index: int) -> None:
        while len(self.open) > index:
            name = self.open.pop()
            self.parts.append(f"</{name}>")
            self.closed(name)

    def whole(self) -> str:
        """Everything written, with all that is open closed."""
        self.close(0)
        return "".join(self.parts)
