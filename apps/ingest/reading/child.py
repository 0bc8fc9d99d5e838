"""The child: limits first, then the file. Imports nothing of ours but what is pure and small."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

from apps.core.filetypes import text_of
from apps.ingest.reading.limits import CPU_SECONDS, MEMORY_BYTES, TEXT_CHARACTERS
from apps.ingest.reading.refusals import Encrypted, NotReadable, TooLarge


def main(kind: str) -> None:
    """Says the outcome in a word, then the text on what follows."""
    _shut_in()
    body = sys.stdin.buffer.read()
    try:
        said = b"read\n" + _READERS[kind](body)[:TEXT_CHARACTERS].encode("utf-8", "ignore")
    except TooLarge:
        said = b"too_large\n"
    except Encrypted:
        said = b"encrypted\n"
    except MemoryError:
        said = b"too_large\n"
    except Exception:  # noqa: BLE001 - whatever a library says of a stranger's file: it could not be read
        said = b"not_readable\n"
    sys.stdout.buffer.write(said)


def _shut_in() -> None:
    """From here on: so much memory and time, no file written, nothing started, nothing left behind."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_NOFILE, 64),
    ):  # fmt: skip
        _soft, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def _plain(body: bytes) -> str:
    found = text_of(body)
    if found is None:
        raise NotReadable
    return found


def _html(body: bytes) -> str:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only where it is needed, within the limits

    tree = LexborHTMLParser(_plain(body))
    tree.strip_tags(["script", "style", "head", "template", "noscript", "iframe", "svg", "math"])
    root = tree.body
    return root.text(separator="\n", strip=True) if root is not None else ""


def _pdf(body: bytes) -> str:
    from apps.ingest.reading.pdf import pdf_text  # noqa: PLC0415

    return pdf_text(body)


def _packed(body: bytes) -> str:
    from apps.ingest.reading.office import office_text  # noqa: PLC0415

    return office_text(body)


def _compound(body: bytes) -> str:
    """The old container: a document of today that is locked with a password lies in one, and nothing else we read does."""
    if "EncryptedPackage".encode("utf-16-le") in body:
        raise Encrypted
    raise NotReadable


_READERS: dict[str, Callable[[bytes], str]] = {
    "text": _plain, "html": _html, "pdf": _pdf, "zip": _packed, "ole": _compound,
}  # fmt: skip
