"""Rows as they stand in the database: every field of their table, every value a string."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from simulators.servicenow.schema import TABLES
from simulators.servicenow.shelves import Row

_SAMPLE = 4096


@lru_cache(maxsize=64)
def _blank(table: str) -> Row:
    fields = TABLES[table].fields
    made = dict.fromkeys(fields, "")
    if "sys_domain" in fields:
        made |= {"sys_domain": "global", "sys_domain_path": "/", "sys_class_name": table}
    return made


def row(table: str, values: Row) -> Row:
    """All fields of the table, empty where nothing is said. Raises KeyError for a field it lacks."""
    blank = _blank(table)
    for name in values:
        if name not in blank:
            raise KeyError(f"{table}.{name}")
    return blank | values


def named_id(kind: str, name: str) -> str:
    """A sys_id that follows from a name."""
    return hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()[:32]


def content(one: Row) -> bytes:
    """The bytes of a file: made up from its id, of its size."""
    size = int(one["size_bytes"] or 0)
    name = one["file_name"].lower()
    if name.endswith((".txt", ".log", ".csv")):
        line = f"{one['sys_id']} a line of the file {one['file_name']}\n".encode()
        return (line * (size // len(line) + 1))[:size]
    head = b"\x89PNG\r\n\x1a\n" if name.endswith(".png") else b"%PDF-1.4\n" if name.endswith(".pdf") else b""
    block = hashlib.sha256(one["sys_id"].encode()).digest() * (_SAMPLE // 32)
    return (head + block * (size // len(block) + 1))[:size]


def file_row(known: Row, name: str, kind: str, size: int, by: str) -> Row:
    """A row of sys_attachment; the hash is that of its bytes, up to 1 MB."""
    made = row("sys_attachment", known | {
        "file_name": name, "content_type": kind, "size_bytes": str(size), "size_compressed": str(size * 3 // 4 + 20),
        "compressed": "true", "chunk_size_bytes": "700000", "state": "available", "sys_created_by": by,
        "sys_updated_by": by, "sys_mod_count": "0",
    })  # fmt: skip
    if size <= 2**20:
        made["hash"] = _digest(made["sys_id"], name, size)
    return made


@lru_cache(maxsize=5000)
def _digest(sys_id: str, name: str, size: int) -> str:
    return hashlib.sha256(content({"sys_id": sys_id, "file_name": name, "size_bytes": str(size)})).hexdigest()
