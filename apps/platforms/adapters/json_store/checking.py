"""Everything that is wrong with a folder, for whoever has to mend it; reads all of it and changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from apps.platforms.adapters.json_store.book import Book
from apps.platforms.adapters.json_store.lines import FILES, THREADS, TICKETS, CompanyFile, ThreadLine
from apps.platforms.adapters.json_store.problems import SHOWN, Problem, StoreStopped
from apps.platforms.adapters.json_store.store import Store, opened_store


@dataclass(slots=True)
class Examined:
    """`stopped`: why the company is not read; then the rest is not known. `counts`: ids that count, by file; `messages`: of
    their threads. `problems`: the first of each file; `found`: how many of each code."""

    folder: str
    company: CompanyFile | None = None
    stopped: Problem | None = None
    counts: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)


def examine(root: str, folder: str) -> Examined:
    """Look at a whole folder. What stops it is in the answer, not raised."""
    told = Examined(folder)
    try:
        with opened_store(root, folder) as store:
            _read(store, told)
    except StoreStopped as exc:
        told.stopped = exc.problem
    return told


def _read(store: Store, told: Examined) -> None:
    told.company = store.company
    for name, book in store.books.items():
        told.counts[name] = book.live()
        told.hashes[name] = store.digest(name, book.size)
        told.found += book.counts
        told.problems += [one for _offset, one in book.skipped[:SHOWN]] + book.notes[:SHOWN]
        if store.unsealed(name):
            _note(told, Problem("not_sealed", name))
    for name in (TICKETS, THREADS):
        _follow(store, store.books[name], told)
    told.problems.sort(key=lambda one: (list(FILES).index(one.file), one.line))


def _follow(store: Store, book: Book, told: Examined) -> None:
    """Whether what the lines refer to is there."""
    code = "ticket_missing" if book.name == THREADS else "reference_missing"
    for spot in book.spots.values():
        if spot.gone:
            continue
        line = store.read(book.name, spot)
        if isinstance(line, ThreadLine):
            told.messages += len({one.id for one in line.messages}) if _there(store, TICKETS, line.ticket_id) else 0
        for file, key in line.names():
            if not _there(store, file, key):
                _note(told, Problem(code, book.name, spot.line, file))


def _there(store: Store, file: str, key: str) -> bool:
    spot = store.books[file].spots.get(key)
    return spot is not None and not spot.gone


def _note(told: Examined, problem: Problem) -> None:
    told.found[problem.code] += 1
    if told.found[problem.code] <= SHOWN:
        told.problems.append(problem)
