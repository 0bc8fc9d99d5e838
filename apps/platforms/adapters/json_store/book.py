"""One file of lines, scanned as far as it is sealed: where the line is that counts for each id, and what is wrong."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from apps.platforms.adapters.json_store.lines import ARTICLES, FILES, THREADS, Gone, Line, Sealed
from apps.platforms.adapters.json_store.problems import SHOWN, LineUnreadable, Problem, StoreStopped

LONGEST = 8 * 1024 * 1024  # bytes of a line
_CHUNK = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_FEW = 20  # unreadable lines that say nothing of the file
_DATES = ("datetime", "timezone", "date_from")
_VALUES = ("literal_error", "string_too", "string_pattern", "greater_than", "less_than", "finite")


class Spot(NamedTuple):
    """A line that counts. `mark` tells it from another with the same id and time."""

    offset: int
    length: int
    line: int
    gone: bool
    moment: float | None
    mark: int


class Book:
    """What is known of a file up to `size`. Reading on costs what was added; `scan` again after an error begins anew."""

    def __init__(self, name: str) -> None:
        self.name, self.model = name, FILES[name]
        self.size = self.line_count = 0
        self.spots: dict[str, Spot] = {}
        self.only_bad: dict[str, str] = {}  # id -> place of a line that cannot be read; where no line counts for it
        self.skipped: list[tuple[int, Problem]] = []  # by offset
        self.notes: list[Problem] = []
        self.counts: Counter[str] = Counter()  # of problems
        self._offsets: list[int] = []
        self._keys: list[str] = []
        self._sha = hashlib.sha256()
        self._digests: dict[int, str] = {0: self._sha.hexdigest()}

    def scan(self, handle: int, sealed: Sealed) -> None:
        """Read on to where the file is sealed. Raises StoreStopped where it is not what the seal says."""
        if os.fstat(handle).st_size < sealed.bytes:
            raise StoreStopped(Problem("state_ahead", self.name))
        if sealed.bytes and os.pread(handle, 1, sealed.bytes - 1) != b"\n":
            raise StoreStopped(Problem("line_cut", self.name))
        for offset, line in self._lines(handle, sealed.bytes):
            self.line_count += 1
            self._take(offset, line)
        self.size = sealed.bytes
        self._digests[self.size] = self._sha.hexdigest()
        if self._digests[self.size] != sealed.sha256:
            raise StoreStopped(Problem("checksum_mismatch", self.name))
        if self.line_count != sealed.lines:
            raise StoreStopped(Problem("count_mismatch", self.name))
        if len(self.skipped) > max(_FEW, self.line_count / 2):
            raise StoreStopped(Problem("mostly_unreadable", self.name, self.skipped[0][1].line))

    def _lines(self, handle: int, end: int) -> Iterator[tuple[int, bytes]]:
        """(offset, line without its break); of one that is too long the first LONGEST + 1 bytes."""
        at = start = self.size
        head, length = b"", 0
        while at < end:
            chunk = os.pread(handle, min(_CHUNK, end - at), at)
            if not chunk:
                raise StoreStopped(Problem("state_ahead", self.name))
            self._sha.update(chunk)
            at += len(chunk)
            *ended, open_one = chunk.split(b"\n")
            for piece in ended:
                yield start, (head + piece if length <= LONGEST else head)[: LONGEST + 1]
                start += length + len(piece) + 1
                head, length = b"", 0
            head += open_one if length <= LONGEST else b""
            length += len(open_one)

    def _take(self, offset: int, line: bytes) -> None:
        if offset == 0 and line.startswith(_BOM):
            self._note("bom")
            return self._take_at(len(_BOM), line[len(_BOM) :])
        return self._take_at(offset, line)

    def _take_at(self, offset: int, line: bytes) -> None:
        if not line.strip():
            return
        try:
            parsed = parse(self.name, line)
        except Unfit as exc:
            return self._skip(offset, exc.code, exc.field, loose_key(self.name, line))
        key, moment = parsed.key(), parsed.moment()
        spot = Spot(offset, len(line), self.line_count, isinstance(parsed, Gone), moment.timestamp() if moment else None, hash(line))
        before = self.spots.get(key)
        if before and before.moment and spot.moment and spot.moment < before.moment:
            return self._skip(offset, "goes_back", "updated_at", key)
        if before and before.moment and spot.moment == before.moment and spot.mark != before.mark:
            self._note("line_repeated")
        for name in unknown_fields(parsed):
            self._note("field_unknown", name[:40])
        self.spots[key] = spot
        self.only_bad.pop(key, None)
        self._offsets.append(offset)
        self._keys.append(key)

    def _skip(self, offset: int, code: str, field: str, key: str) -> None:
        problem = Problem(code, self.name, self.line_count, field)
        self.counts[code] += 1
        self.skipped.append((offset, problem))
        if key and key not in self.spots:
            self.only_bad[key] = problem.place

    def _note(self, code: str, field: str = "") -> None:
        self.counts[code] += 1
        if len(self.notes) < SHOWN:
            self.notes.append(Problem(code, self.name, self.line_count, field))

    def digest(self, handle: int, size: int) -> str:
        """SHA-256 of the first so many bytes, "" where there are fewer."""
        if size > self.size:
            return ""
        if size not in self._digests:
            self._digests[size] = hash_of(handle, size)
        return self._digests[size]

    def walk(self, offset: int, most: int, most_bytes: int, *, gone: bool = False) -> tuple[list[Spot], int]:
        """The next lines that count from an offset on (tombstones alone, or all but those), and where to read on."""
        found: list[Spot] = []
        held = 0
        for place in range(bisect_left(self._offsets, offset), len(self._offsets)):
            at = self._offsets[place]
            if len(found) >= most or held > most_bytes:
                return found, at
            spot = self.spots[self._keys[place]]
            if spot.offset == at and spot.gone is gone:
                found.append(spot)
                held += spot.length
        return found, self.size

    def unreadable(self, offset: int, until: int) -> list[Problem]:
        """Lines between two offsets that cannot be read."""
        begin = bisect_left(self.skipped, offset, key=lambda one: one[0])
        return [one for at, one in self.skipped[begin:] if at < until]

    def spot(self, key: str) -> Spot | None:
        """The line that counts for an id; None: no such id, or it is gone. Raises LineUnreadable where there is only a line
        that cannot be read."""
        found = self.spots.get(key)
        if found is None and key in self.only_bad:
            raise LineUnreadable(self.only_bad[key])
        return None if found is None or found.gone else found

    def is_bad(self, place: str) -> bool:
        """Whether "tickets.jsonl:12" is (still) a line that cannot be read."""
        return any(one.place == place for _offset, one in self.skipped)

    def live(self) -> int:
        return sum(not one.gone for one in self.spots.values())


def hash_of(handle: int, size: int) -> str:
    """SHA-256 of the first so many bytes as they are now."""
    sha, at = hashlib.sha256(), 0
    while at < size and (chunk := os.pread(handle, min(_CHUNK, size - at), at)):
        sha.update(chunk)
        at += len(chunk)
    return sha.hexdigest()


class Unfit(ValueError):
    """A line of no shape we know."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code, self.field = code, field


def parse(name: str, line: bytes) -> Line:
    """A line of a file, or its tombstone. Raises Unfit."""
    if len(line) > LONGEST:
        raise Unfit("line_too_long")
    try:
        if b'"deleted"' in line and (gone := _tombstone(name, line)) is not None:
            return gone
        return FILES[name].model_validate_json(line)
    except ValidationError as exc:
        error = exc.errors(include_input=False, include_url=False)[0]
        raise Unfit(_code(error["type"], line), ".".join(map(str, error["loc"]))[:60]) from None


def _tombstone(name: str, line: bytes) -> Gone | None:
    try:
        gone = Gone.model_validate_json(line)
    except ValidationError:
        return None
    wanted = {THREADS: ("ticket_id",), ARTICLES: ("id", "language")}.get(name, ("id",))
    if missing := [one for one in wanted if getattr(gone, one) is None]:
        raise Unfit("field_missing", missing[0])
    return gone if name == ARTICLES else gone.model_copy(update={"language": None, "id": getattr(gone, wanted[0])})


def _code(kind: str, line: bytes) -> str:
    if kind == "json_invalid":
        try:
            line.decode()
        except UnicodeDecodeError:
            return "encoding_invalid"
        return kind
    if kind == "missing":
        return "field_missing"
    if kind.startswith(_DATES):
        return "date_invalid"
    return "value_unknown" if kind.startswith(_VALUES) else "type_wrong"


def loose_key(name: str, line: bytes) -> str:
    """The id a line that cannot be read most probably means, or ""."""
    try:
        found: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(found, dict):
        return ""
    parts = [found.get(one) for one in {THREADS: ("ticket_id",), ARTICLES: ("id", "language")}.get(name, ("id",))]
    return " ".join(map(str, parts)) if all(isinstance(one, str) for one in parts) else ""


def unknown_fields(line: Line) -> list[str]:
    return sorted(line.model_extra or ())
