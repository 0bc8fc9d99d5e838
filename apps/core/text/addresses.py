"""Addresses in what strangers wrote: where a link really leads, and which addresses open a helpdesk's files by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_WEB = re.compile(r"(https?):/{2}([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?\.?(:\d{1,5})?", re.ASCII)
_MAIL = re.compile(r"[^\s<>\"'(),:;@\\?&%]{1,64}@[^\s<>\"'(),:;@\\?&%/#]{1,253}")
_BLANKS = re.compile(r"[\t\n\r]")
_AMBIGUOUS = frozenset("ßςẞ\u200c\u200d")  # letters of host names that programs translate in different ways
_IN_TEXT = re.compile(r"https?://[^\s<>\"'\\]+", re.IGNORECASE)
# Whoever holds such an address can read the file: Freshdesk's inline images, its permalinks, signed storage, any JWT.
_OPENS_FILE = re.compile(
    r"/inline/attachment|/helpdesk/attachments/|[?&;](?:x-amz-[a-z]+|awsaccesskeyid|signature|sig)=|[?&;=/#]eyj[\w-]+\.eyj",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address written so that every program reads it the same way. `place`: the host, or the mailbox."""

    url: str
    place: str
    secure: bool  # https


def read_address(given: str) -> Address | None:
    """http, https or mailto; None for anything else, for what programs may read differently, and for what opens a file."""
    given = _BLANKS.sub("", given).strip("".join(map(chr, range(33))))
    if given[:7].lower() == "mailto:":
        mailbox = unquote(given[7:].split("?")[0])
        return Address(f"mailto:{quote(mailbox, safe='@+')}", mailbox, False) if _MAIL.fullmatch(mailbox) else None
    found = _WEB.fullmatch(given)
    if found is None or "\\" in found[2] or opens_file(given):
        return None
    host = _host(found[2].rpartition("@")[2])
    if not host:
        return None
    scheme = found[1].lower()
    rest = quote(found[3], safe="/?#[]@!$&'()*+,;=%:~-._|", errors="ignore")
    return Address(f"{scheme}://{host}{rest}", host, scheme == "https")


def _host(host: str) -> str:
    """In lower case and in ASCII, with its port; '' when it is no plain name."""
    host = host.lower()
    if not host.isascii():
        if _AMBIGUOUS & set(host):
            return ""
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    return host if _HOST.fullmatch(host) and ".." not in host else ""


def opens_file(url: str) -> bool:
    """Whether the address alone is enough to read a file of the helpdesk (contract of the platform: never shown)."""
    for _ in range(3):  # encoded, and encoded again
        if _OPENS_FILE.search(url):
            return True
        url = unquote(url)
    return False


def without_file_links(text: str) -> str:
    """The text with "…" in place of addresses that open files by themselves."""
    if "://" not in text:
        return text
    return _IN_TEXT.sub(lambda found: "…" if opens_file(found[0]) else found[0], text)


def names_place(text: str, address: Address) -> bool:
    """Whether a link's own words already say, in plain letters, where it leads."""
    words = text.strip()
    if not words.isascii():
        return False
    forms = [f"mailto:{words}"] if "@" in words else [words, f"https://{words}"]
    found = [read for form in forms if (read := read_address(form)) is not None]
    return any(_bare(one.place) == _bare(address.place) for one in found)


def _bare(place: str) -> str:
    return place.lower().removeprefix("www.")
