"""The words of a file, read by a child process that may die of it: a file is whatever a stranger wanted it to be.

    read_text(body)  ->  Reading(outcome, text)

The child has so much memory, so many seconds of a processor and no environment; it opens no file and starts nothing. What
it says is bounded, and taken for text. Knows no Django.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from apps.core.filetypes import kind_by_bytes
from apps.ingest.reading.limits import TEXT_BYTES, WALL_SECONDS

Outcome = Literal["read", "too_large", "not_readable", "encrypted", "unsafe_type"]
ROOT = Path(__file__).resolve().parents[3]
_READ = ("pdf", "zip", "ole", "html", "text")  # what the child may make something of
_UNSAFE = ("program", "archive", "svg")
_START = "import sys; sys.path.insert(0, sys.argv[1]); from apps.ingest.reading.child import main; main(sys.argv[2])"
_PIECE, _WORD = 65536, 64  # bytes at a time; of the first word
_OUTCOMES: dict[str, Outcome] = {
    "read": "read", "too_large": "too_large", "not_readable": "not_readable", "encrypted": "encrypted",
    "unsafe_type": "unsafe_type",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a file. `text` is empty unless it was read."""

    outcome: Outcome
    text: str = ""


def read_text(body: bytes) -> Reading:
    """The words of a file by its bytes, whatever its name says. Takes up to WALL_SECONDS, and never raises."""
    kind = kind_by_bytes(body)
    if kind in _UNSAFE:
        return Reading("unsafe_type")
    if kind not in _READ or not body:
        return Reading("not_readable")
    said = _ask_child(kind, body)
    word, _, text = said.partition(b"\n")
    outcome = _OUTCOMES.get(word.decode("ascii", "replace"), "not_readable")
    if outcome != "read":
        return Reading(outcome)
    words = text[:TEXT_BYTES].decode("utf-8", "ignore").replace("\x00", "")
    return Reading("read", words) if words.strip() else Reading("not_readable")


def _ask_child(kind: str, body: bytes) -> bytes:
    """What the child said; nothing when it died of the file, took too long or would not stop talking."""
    command = [sys.executable, "-I", "-c", _START, str(ROOT), kind]
    child = subprocess.Popen(  # noqa: S603 - our own words; the file comes by its standard input
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
        start_new_session=True, bufsize=0,
    )  # fmt: skip
    with child:
        try:
            said = _converse(child, memoryview(body))
        finally:  # also when the worker is told to end: nobody waits for the child
            child.kill()
    return said


def _converse(child: subprocess.Popen[bytes], body: memoryview) -> bytes:
    """Hand over the file and hear the answer, both at once, within the bounds."""
    given, heard = child.stdin, child.stdout
    assert given is not None and heard is not None
    until, said = time.monotonic() + WALL_SECONDS, bytearray()
    os.set_blocking(given.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(given, selectors.EVENT_WRITE)
        ready.register(heard, selectors.EVENT_READ)
        while time.monotonic() < until and len(said) <= TEXT_BYTES + _WORD:
            for key, _ in ready.select(max(0.0, until - time.monotonic())):
                if key.fileobj is heard:
                    piece = os.read(heard.fileno(), _PIECE)
                    if not piece:
                        return bytes(said) if child.wait() == 0 else b""
                    said += piece
                    continue
                try:
                    body = body[os.write(given.fileno(), body[:_PIECE]) :]
                except BrokenPipeError:  # it has died, or heard enough: its end will be read
                    body = body[:0]
                if not body:
                    ready.unregister(given)
                    given.close()
    return b""
