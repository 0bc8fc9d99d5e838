"""A message as its customer sent it, harmless: a short list of tags, links that say where they lead, images as bytes we hold.

Two walls. _Rewriter writes every tag and word anew from what it understood; nh3 then parses that as a browser would and
lets nothing pass that is not on the list. The page that shows it is a third (its policy runs and loads nothing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import nh3

from apps.core.text.addresses import Address, names_place, opens_file, read_address, without_file_links
from apps.core.text.plain import UNSEEN
from apps.core.text.tokens import VOID, End, Start, Text, Token, Writer, tokens

LONGEST = 300_000  # characters of HTML; longer ones are shown as text alone
TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
})  # fmt: skip
_OLD = {"center": "div", "strike": "s", "tt": "code", "section": "div", "article": "div", "address": "div"}
_NUMBERS = {"td": ("colspan", "rowspan"), "th": ("colspan", "rowspan"), "ol": ("start",), "img": ("width", "height")}
_DOT = ("0", "1", "2")  # pixels
_NUMBER = re.compile(r"\d{1,4}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,2}")
_FORMATTED = re.compile(r"<(?:a|img|ul|ol|dl|table|pre|h[1-6])[\s>/]", re.IGNORECASE)
_IMAGE = re.compile(r"<img[\s/]", re.IGNORECASE)
_ATTRIBUTES = {
    "*": {"dir", "lang"}, "a": {"href", "target"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
}  # fmt: skip
REL = "noopener noreferrer nofollow"
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
Words = Callable[[str, str], str]  # (alternative text, host) of an image that is not shown -> what stands in its place


@dataclass(frozen=True, slots=True)
class Look:
    """What a message would show as sent. `images`: how many of its images lie in the helpdesk, and may be brought."""

    formatted: bool
    images: int


def look(html: str) -> Look:
    """Whether it is worth showing as sent: lists, tables, links, images. Cheap for the many that have none."""
    if len(html) > LONGEST or _FORMATTED.search(html) is None:
        return Look(False, 0)
    if _IMAGE.search(html) is None:
        return Look(True, 0)
    return Look(True, len(helpdesk_images(html)))


def helpdesk_images(html: str) -> list[str]:
    """The addresses of images that lie in the helpdesk, as they stand there, each once: parts of the mail ("cid:"), and
    what opens there without a key. All others are strangers'."""
    if len(html) > LONGEST:
        return []
    found = (one.attributes for one in tokens(html) if isinstance(one, Start) and one.name == "img")
    return list(dict.fromkeys(one["src"] for one in found if not _is_dot(one) and _is_helpdesks(one["src"])))


def _is_helpdesks(source: str) -> bool:
    return source[:4].lower() == "cid:" or opens_file(source)


def as_sent(html: str, *, images: Mapping[str, str], words: Words, language: str = "") -> str:
    """Harmless HTML, closed where it was opened; '' for what is too long. Without `images` each is replaced by words.

    `language`: of the words, a lang attribute's value.
    """
    if len(html) > LONGEST:
        return ""
    return _CLEANERS[bool(images)].clean(_Rewriter(images, words, language).rewrite(html))


class _Rewriter(Writer):
    """Writes what it is given anew. Follows the link that is open, to say behind it where it leads."""

    def __init__(self, images: Mapping[str, str], words: Words, language: str) -> None:
        super().__init__()
        self._images, self._words, self._language = images, words, language
        self._link: Address | None = None
        self._said = ""
        self._unseen: list[str] = []  # a tag that hides its content, and those of its name inside

    def rewrite(self, html: str) -> str:
        for token in tokens(html):
            if self._unseen:
                self._pass_by(token)
            elif isinstance(token, Text):
                self._text(without_file_links(token.text))
            elif isinstance(token, End):
                self.end(_OLD.get(token.name, token.name))
            elif token.name not in VOID and _hides(token.attributes):
                self._unseen = [token.name]
            elif token.name == "img":
                self._image(token.attributes)
            else:
                self._started(_OLD.get(token.name, token.name), token.attributes)
        return self.whole()

    def closed(self, name: str) -> None:
        if name != "a" or self._link is None:
            return
        address, self._link = self._link, None
        if not names_place(self._said, address):
            self.text(" ")
            self._aside("host", f"({address.place})")

    def _pass_by(self, token: Token) -> None:
        if isinstance(token, Start) and token.name == self._unseen[0]:
            self._unseen.append(token.name)
        elif isinstance(token, End) and token.name == self._unseen[0]:
            self._unseen.pop()

    def _text(self, text: str) -> None:
        self.text(text)
        if self._link is not None:
            self._said += text

    def _started(self, name: str, given: dict[str, str]) -> None:
        if name == "a":
            self.end("a")  # links hold no links
            address = read_address(given.get("href", ""))
            if address is not None and self._link is None and self.start("a", {"href": address.url, "target": "_blank"}):
                self._link, self._said = address, ""
        elif name in TAGS:
            self.start(name, _plain(name, given))

    def _image(self, given: dict[str, str]) -> None:
        if _is_dot(given):
            return
        alt = " ".join(without_file_links(given.get("alt", "")).split())[:200]
        if held := self._images.get(given["src"]):
            self.start("img", {"src": held, "alt": alt} | _plain("img", given))
        else:
            address = read_address(given["src"])
            self._aside("blocked", self._words(alt, address.place if address is not None and address.secure else ""))

    def _aside(self, kind: str, words: str) -> None:
        """Words of ours between the customer's."""
        spoken = {"lang": self._language} if kind == "blocked" and self._language else {}
        if self.start("span", {"class": kind, **spoken}):
            self.text(words)
            self.end("span")


def _plain(name: str, given: dict[str, str]) -> dict[str, str]:
    """The few attributes that say something about the text itself."""
    kept = {key: given[key] for key in _NUMBERS.get(name, ()) if _NUMBER.fullmatch(given.get(key, ""))}
    if given.get("dir", "").lower() in ("ltr", "rtl", "auto"):
        kept["dir"] = given["dir"].lower()
    if _LANGUAGE.fullmatch(given.get("lang", "")):
        kept["lang"] = given["lang"]
    return kept


def _hides(given: dict[str, str]) -> bool:
    return "hidden" in given or UNSEEN.search(given.get("style", "")) is not None


def _is_dot(given: dict[str, str]) -> bool:
    """Nothing to look at: a dot that counts readers, or no image at all."""
    return not given.get("src") or given.get("width") in _DOT or given.get("height") in _DOT or _hides(given)


def _filter(tag: str, name: str, value: str) -> str | None:
    """Addresses once more, as nh3 read them."""
    if name == "src":
        return value if _DATA.fullmatch(value) else None
    if name == "href":
        address = read_address(value)
        return value if address is not None and address.url == value else None
    return value


def _cleaner(images: bool) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS) if images else set(TAGS) - {"img"},
        clean_content_tags={"script", "style", "title", "template", "svg", "math"},
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        allowed_classes={"span": {"host", "blocked"}},
        url_schemes={"http", "https", "mailto"} | ({"data"} if images else set()),
        url_relative="deny",
        link_rel=REL,
    )


_CLEANERS = {images: _cleaner(images) for images in (False, True)}
