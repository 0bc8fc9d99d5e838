"""Evaluation packs as they lie on disk: NAME/dev/{corpus,queries,qrels,candidates}.jsonl, one JSON object a line.

corpus: id, title, text, lang; or one line {"account": name}: the authored account of that name is the corpus.
queries: id, text, lang; with `answerable` (and `answers`) it is a pack of questions that must be answered or refused.
qrels: query_id, doc_id, rel and, in packs of several tasks, `task`. candidates: query_id, doc_ids to put in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

PART = "dev"
FILES = ("corpus", "queries", "qrels")


class PackInvalid(Exception):
    """A pack that cannot be measured: the text says which file, which line, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the knowledge base."""

    id: str
    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Query:
    """`answers`: strings of which one occurs in a right reply. `answerable`: None in a pack that only retrieves."""

    id: str
    text: str
    language: str
    answers: tuple[str, ...] = ()
    answerable: bool | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """`relevant`: task -> query id -> document id -> grade above 0; `candidates`: query id -> documents to order."""

    name: str
    documents: tuple[Document, ...]
    queries: tuple[Query, ...]
    relevant: dict[str, dict[str, dict[str, int]]]
    candidates: dict[str, tuple[str, ...]]
    account: str = ""

    @property
    def answers(self) -> bool:
        """Whether it asks for replies and refusals."""
        return any(query.answerable is not None for query in self.queries)


def names_in(folder: Path) -> list[str]:
    """Packs of a folder that have a corpus, queries and labels; others (lists of items for a detector) are not ours."""
    return sorted(
        one.name for one in folder.iterdir() if all((one / PART / f"{name}.jsonl").is_file() for name in FILES)
    )


def read_pack(folder: Path) -> Pack:
    """The pack of this folder. Raises PackInvalid, OSError for a missing file."""
    files = folder / PART
    rows = list(_rows(files / "corpus.jsonl", ()))
    account = str(rows[0][1].get("account", "")) if len(rows) == 1 else ""
    documents = () if account else tuple(_documents(files / "corpus.jsonl"))
    queries = tuple(_queries(files / "queries.jsonl"))
    relevant: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    asked, held = {one.id for one in queries}, {one.id for one in documents}
    for number, row in _rows(files / "qrels.jsonl", ("query_id", "doc_id", "rel")):
        if row["query_id"] not in asked or (held and row["doc_id"] not in held):
            raise PackInvalid(f"{files / 'qrels.jsonl'}, line {number}: {row['query_id']} or {row['doc_id']} is nowhere else")
        if row["rel"] > 0:
            relevant[row.get("task", "mono")][row["query_id"]][row["doc_id"]] = row["rel"]
    candidates = files / "candidates.jsonl"
    return Pack(
        folder.name, documents, queries, {task: dict(found) for task, found in relevant.items()},
        {row["query_id"]: tuple(row["doc_ids"]) for _, row in _rows(candidates, ("query_id", "doc_ids"))}
        if candidates.is_file() else {},
        account,
    )  # fmt: skip


def _documents(path: Path) -> Iterator[Document]:
    for _, row in _rows(path, ("id", "text", "lang")):
        yield Document(row["id"], row.get("title", ""), row["text"], row["lang"])


def _queries(path: Path) -> Iterator[Query]:
    for _, row in _rows(path, ("id", "text", "lang")):
        yield Query(row["id"], row["text"], row["lang"], tuple(row.get("answers", ())), row.get("answerable"))


def _rows(path: Path, keys: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as exc:
                raise PackInvalid(f"{path}, line {number}: not JSON ({exc})") from exc
            missing = [key for key in keys if key not in row]
            if missing:
                raise PackInvalid(f"{path}, line {number}: {', '.join(missing)} is missing")
            yield number, row
