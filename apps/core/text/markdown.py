"""A model's Markdown as harmless HTML: paragraphs, lists, bold, italic, code, and links that lead where they may.

Three walls. The parser knows nothing but these marks; every tag is written here; `as_sent` then reads it as it reads a
stranger's mail, says behind each link where it leads, and nh3 has the last word. No image, no HTML, no address made a link by
itself: what a browser shows loads nothing, and what can be clicked stands in the lists of the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from apps.core.text.addresses import Address, names_place, read_address, without_file_links
from apps.core.text.normal import cleaned
from apps.core.text.sent import as_sent

LONGEST = 12_000  # characters; of longer ones the words are shown as they stand
_RULES = ("emphasis", "link", "image", "backticks", "escape", "entity", "newline", "list", "fence", "paragraph")
_TAGS = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "strong": "strong", "em": "em",
}  # fmt: skip


def as_shown(markdown: str, *, hosts: Collection[str] = (), addresses: Collection[str] = ()) -> str:
    """HTML of what a model wrote. A link stays one when it is https and leads to one of `hosts` (ours, the helpdesk's), or
    is letter by letter one of `addresses` (those of the cited source: its host alone would let words be carried out in the
    rest of the address). Of any other the words stay, with the host behind them.
    """
    text = cleaned(markdown)
    if len(text) > LONGEST:
        html = f"<p>{escape(text[: 2 * LONGEST])}</p>"
    else:
        allowed = _Allowed(frozenset(host.lower() for host in hosts), frozenset(_readable(addresses)))
        html = "".join(_Page(allowed).written(_parser().parse(text)))
    return as_sent(html, images={}, words=lambda alt, _host: alt)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    made = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False, "maxNesting": 20}).enable(list(_RULES))
    setattr(made, "validateLink", lambda _url: True)  # noqa: B010 - mypy; links are judged here, so that words and host stay
    return made


def _readable(addresses: Collection[str]) -> Iterator[str]:
    for one in addresses:
        if (read := read_address(one)) is not None and read.secure:
            yield read.url


@dataclass(frozen=True, slots=True)
class _Allowed:
    hosts: frozenset[str]
    urls: frozenset[str]

    def address(self, url: str) -> Address | None:
        """The address when it may be a link."""
        read = read_address(url)
        if read is None or not read.secure or "@" in url.split("://", 1)[-1].split("/")[0].split("?")[0]:
            return None
        return read if read.place in self.hosts or read.url in self.urls else None


@dataclass(slots=True)
class _Page:
    """Writes tags for tokens; a link that may not be one ends in its host."""

    allowed: _Allowed
    _ends: list[str] = field(default_factory=list)

    def written(self, tokens: list[Token]) -> Iterator[str]:
        for token in tokens:
            kind, _, side = token.type.rpartition("_")
            if token.type == "inline":
                yield from self.written(token.children or [])
            elif kind == "link":
                yield self._link(token) if side == "open" else self._ends.pop()
            elif kind in _TAGS:
                yield f"</{_TAGS[kind]}>" if side == "close" else self._opened(_TAGS[kind], token)
            else:
                yield self._leaf(token)

    def _opened(self, tag: str, token: Token) -> str:
        if token.hidden:  # the paragraph of a tight list
            return ""
        start = token.attrGet("start")
        return f'<{tag} start="{int(start)}">' if tag == "ol" and start is not None else f"<{tag}>"

    def _leaf(self, token: Token) -> str:
        words = escape(without_file_links(token.content))
        if token.type in ("softbreak", "hardbreak"):
            return "<br>"
        if token.type == "code_inline":
            return f"<code>{words}</code>"
        if token.type in ("fence", "code_block"):
            return f"<pre><code>{words}</code></pre>"
        if token.type == "image":
            return words + _aside(str(token.attrGet("src") or ""), token.content)
        return words

    def _link(self, token: Token) -> str:
        url = str(token.attrGet("href") or "")
        address = self.allowed.address(url)
        self._ends.append("</a>" if address else _aside(url, ""))
        return f'<a href="{escape(address.url)}">' if address else ""


def _aside(url: str, said: str) -> str:
    """The host of an address that is no link, in ASCII, unless its words say it."""
    read = read_address(url)
    return "" if read is None or names_place(said, read) else f" ({escape(read.place)})"
