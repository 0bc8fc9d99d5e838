"""A company's folder as it is sealed now. What was scanned is kept in the process, and trusted as long as its hash says so."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import TypeVar

from pydantic import ValidationError

from apps.platforms.adapters.json_store.book import Book, Spot, hash_of, parse
from apps.platforms.adapters.json_store.folder import opened_file, opened_folder, read_whole
from apps.platforms.adapters.json_store.lines import FILES, FORMAT, CompanyFile, Line, Sealed, StateFile
from apps.platforms.adapters.json_store.problems import Problem, StoreStopped

COMPANY, STATE = "company.json", "state.json"
_HEADER = 64 * 1024  # bytes of company.json and state.json
_KEPT = 4  # folders of which a process remembers where the lines are
_NOTHING = Sealed(bytes=0, lines=0, sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
Look = tuple[int, int, int, int]  # device, inode, size, time of change
H = TypeVar("H", CompanyFile, StateFile)


class Store:
    """Use inside `with opened_store(root, folder) as store:`; no two threads at a time."""

    def __init__(self) -> None:
        self.company = CompanyFile(format=FORMAT, company="none")
        self.state: StateFile | None = None
        self.books: dict[str, Book] = {}
        self._seen: dict[str, tuple[Look, Sealed]] = {}
        self._handles: dict[str, int] = {}

    def look(self, place: int, stack: ExitStack) -> None:
        """Bring it up to date with the folder. Raises StoreStopped."""
        self.company = _header(CompanyFile, COMPANY, read_whole(place, COMPANY, _HEADER))
        self.state = _header(StateFile, STATE, read_whole(place, STATE, _HEADER))
        self._handles = {}
        for name in FILES:
            sealed = self.state.files.get(name)
            if sealed is not None:
                self._handles[name] = stack.enter_context(opened_file(place, name))
            self._look_at(name, sealed or _NOTHING)

    def _look_at(self, name: str, sealed: Sealed) -> None:
        handle = self._handles.get(name)
        facts = os.fstat(handle) if handle is not None else None
        seen = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns) if facts else (0, 0, 0, 0)
        if self._seen.get(name) == (seen, sealed):
            return
        book, before = self.books.get(name), self._seen.pop(name, None)
        same = book is not None and before is not None and before[0][:2] == seen[:2]  # the same file, with more in it, or touched
        if handle is None or not same or before is None or before[1].bytes > sealed.bytes:
            book = None
        elif before[1] == sealed and hash_of(handle, sealed.bytes) != sealed.sha256:
            raise StoreStopped(Problem("checksum_mismatch", name))
        if book is None or before is None or before[1] != sealed:
            self._scan(name, book, handle, sealed)
        self._seen[name] = (seen, sealed)

    def _scan(self, name: str, book: Book | None, handle: int | None, sealed: Sealed) -> None:
        """Read on where it was left, or from the beginning where that was changed, too."""
        if handle is not None and book is not None:
            try:
                return book.scan(handle, sealed)
            except StoreStopped:
                self.books.pop(name)
        fresh = Book(name)
        if handle is not None:
            fresh.scan(handle, sealed)
        self.books[name] = fresh
        return None

    def read(self, name: str, spot: Spot) -> Line:
        """The line at a spot. Raises StoreStopped when it is no longer there."""
        line = os.pread(self._handles[name], spot.length, spot.offset)
        if hash(line) != spot.mark:
            raise StoreStopped(Problem("checksum_mismatch", name, spot.line))
        return parse(name, line)

    def find(self, name: str, key: str) -> Line | None:
        """The line that counts for an id, or None. Raises LineUnreadable."""
        spot = self.books[name].spot(key)
        return self.read(name, spot) if spot else None

    def digest(self, name: str, size: int) -> str:
        handle = self._handles.get(name)
        return self.books[name].digest(handle, size) if handle is not None else _NOTHING.sha256 if not size else ""

    def unsealed(self, name: str) -> bool:
        """Whether more was written than is sealed."""
        handle = self._handles.get(name)
        return handle is not None and os.fstat(handle).st_size > self.books[name].size


def _header(shape: type[H], name: str, text: bytes) -> H:
    try:
        header = shape.model_validate_json(text)
    except ValidationError as exc:
        where = ".".join(map(str, exc.errors(include_input=False)[0]["loc"]))
        raise StoreStopped(Problem("header_invalid", name, field=where[:60])) from None
    if header.format != FORMAT:
        raise StoreStopped(Problem("format_unknown", name, field="format"))
    return header


_kept: OrderedDict[tuple[str, str], Store] = OrderedDict()
_lock = RLock()


@contextmanager
def opened_store(root: str, folder: str) -> Iterator[Store]:
    """The store of this folder, up to date, its files open. Raises StoreStopped."""
    with _lock, ExitStack() as stack:
        place = stack.enter_context(opened_folder(root, folder))
        store = _kept.pop((root, folder), None) or Store()
        store.look(place, stack)
        if store.company.company != folder.rpartition("/")[2]:
            raise StoreStopped(Problem("company_mismatch", COMPANY, field="company"))
        _kept[root, folder] = store
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        yield store
