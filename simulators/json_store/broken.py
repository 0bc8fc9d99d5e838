"""Ways a folder can be broken, each as one change of a sound one, and the code that must name it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from simulators.json_store.writing import seal

Spoil = Callable[[Path], None]
TICKETS = "tickets.jsonl"
MOST_BYTES = 8 * 1024 * 1024


def _line(number: int, change: Callable[[bytes], bytes], name: str = TICKETS) -> Spoil:
    """Change one line, counted from 1, and seal the folder again."""

    def spoil(folder: Path) -> None:
        lines = (folder / name).read_bytes().splitlines()
        lines[number - 1] = change(lines[number - 1])
        (folder / name).write_bytes(b"\n".join(lines) + b"\n")
        seal(folder)

    return spoil


def _field(number: int, change: Callable[[dict[str, Any]], Any], name: str = TICKETS) -> Spoil:
    def changed(line: bytes) -> bytes:
        held = orjson.loads(line)
        return orjson.dumps(change(held) or held)

    return _line(number, changed, name)


def _added(name: str, text: Callable[[Path], bytes], *, sealed: bool = True) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(text(folder))
        if sealed:
            seal(folder)

    return spoil


def _again(folder: Path, **change: Any) -> bytes:
    """The third ticket once more, with something else in it."""
    held = orjson.loads((folder / TICKETS).read_bytes().splitlines()[2])
    return orjson.dumps(held | change) + b"\n"


def _header(name: str, **change: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        held = orjson.loads((folder / name).read_bytes())
        (folder / name).write_bytes(orjson.dumps(held | change))

    return spoil


def _linked(folder: Path) -> None:
    outside = folder.parent.parent / "outside.jsonl"
    outside.write_bytes((folder / TICKETS).read_bytes())
    (folder / TICKETS).unlink()
    (folder / TICKETS).symlink_to(outside)


def _sealed_longer(folder: Path) -> None:
    state = orjson.loads((folder / "state.json").read_bytes())
    state["files"][TICKETS]["bytes"] += 100
    (folder / "state.json").write_bytes(orjson.dumps(state))


def _sealed_otherwise(folder: Path) -> None:
    state = orjson.loads((folder / "state.json").read_bytes())
    state["files"][TICKETS]["lines"] += 1
    (folder / "state.json").write_bytes(orjson.dumps(state))


def _touched(folder: Path) -> None:
    text = (folder / TICKETS).read_bytes()
    (folder / TICKETS).write_bytes(text.replace(b'"priority":1', b'"priority":4'))


def _utf16(folder: Path) -> None:
    text = (folder / TICKETS).read_text(encoding="utf-8")
    (folder / TICKETS).write_bytes(text.encode("utf-16-le") + b"\n")
    seal(folder)


def _cut(folder: Path) -> None:
    text = (folder / TICKETS).read_bytes()
    (folder / TICKETS).write_bytes(text[:-40])
    seal(folder)


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda line: line.pop(name) and None


# kind: (what is done, the code of the problem, where it is)
BROKEN: dict[str, tuple[Spoil, str, str]] = {
    "json": (_line(3, lambda line: line[:-20]), "json_invalid", "tickets.jsonl:3"),
    "field": (_field(3, _drop("subject")), "field_missing", "tickets.jsonl:3"),
    "type": (_field(3, lambda line: line | {"id": 3}), "type_wrong", "tickets.jsonl:3"),
    "value": (_field(3, lambda line: line | {"state": "lost"}), "value_unknown", "tickets.jsonl:3"),
    "date": (_field(3, lambda line: line | {"updated_at": "2026-13-01T00:00:00Z"}), "date_invalid", "tickets.jsonl:3"),
    "zone": (_field(3, lambda line: line | {"updated_at": "2026-01-01T00:00:00"}), "date_invalid", "tickets.jsonl:3"),
    "encoding": (_line(3, lambda line: line.replace(b'"subject":"', b'"subject":"\xff\xfe')), "encoding_invalid", "tickets.jsonl:3"),
    "long": (_field(3, lambda line: line | {"description_text": "x" * MOST_BYTES}), "line_too_long", "tickets.jsonl:3"),
    "older": (_added(TICKETS, lambda folder: _again(folder, updated_at="2020-01-01T00:00:00Z")), "goes_back", ""),
    "thread": (_field(3, lambda line: line | {"messages": "none"}, "threads.jsonl"), "type_wrong", "threads.jsonl:3"),
    "article": (_field(3, _drop("published"), "articles.jsonl"), "field_missing", "articles.jsonl:3"),
    "bom": (_line(1, lambda line: b"\xef\xbb\xbf" + line), "bom", "tickets.jsonl:1"),
    "unknown": (_field(3, lambda line: line | {"prioritty": 1}), "field_unknown", "tickets.jsonl:3"),
    "twice": (_added(TICKETS, lambda folder: _again(folder, subject="Said twice")), "line_repeated", ""),
    "stray": (_added("threads.jsonl", lambda _folder: b'{"ticket_id":"none","messages":[]}\n'), "ticket_missing", ""),
    "stranger": (_field(3, lambda line: line | {"customer_id": "nobody"}), "reference_missing", "tickets.jsonl:3"),
    "unfinished": (_added(TICKETS, lambda folder: _again(folder)[:-30], sealed=False), "not_sealed", TICKETS),
    "cut": (_cut, "line_cut", TICKETS),
    "format": (_header("company.json", format=2), "format_unknown", "company.json"),
    "header": (_header("state.json", written_at="yesterday"), "header_invalid", "state.json"),
    "company": (_header("company.json", company="globex-other"), "company_mismatch", "company.json"),
    "missing": (lambda folder: (folder / "threads.jsonl").unlink(), "file_missing", "threads.jsonl"),
    "checksum": (_touched, "checksum_mismatch", TICKETS),
    "ahead": (_sealed_longer, "state_ahead", TICKETS),
    "lines": (_sealed_otherwise, "count_mismatch", TICKETS),
    "link": (_linked, "symlink", TICKETS),
    "utf16": (_utf16, "mostly_unreadable", ""),
}  # fmt: skip
