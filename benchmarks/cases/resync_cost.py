"""One article in a hundred has changed: what is embedded again, and what that costs beside taking all of them in."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test.utils import override_settings

from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.sync import store_articles
from apps.llm.registry import embeddings, second_embeddings
from apps.platforms.base import ArticleData
from apps.platforms.models import Connection
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from benchmarks.company import NOW, company_named
from benchmarks.index import running_index
from benchmarks.measure import Server, ran_threads
from benchmarks.texts import PROVIDERS, Hashed, Writer

COMPANY = "bench-resync"
GOAL = 0.03
PAGE, EVERY, SENTENCES = 200, 100, 9


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds on the clock, and of CPU: ours, PostgreSQL's and the vector engine's."""

    wall: float
    client: float
    server: float
    engine: float

    @property
    def cpu(self) -> float:
        return self.client + self.server + self.engine


def run(urls: dict[str, str], *, short: bool) -> dict[str, Any]:
    """CPU seconds of storing and indexing what changed; the embedder takes no time, in either meaning."""
    size = 200 if short else 10_000
    articles, server = _articles(size), Server(urls["superuser"])
    with override_settings(**PROVIDERS), running_index() as engine, bind_company(company_named(COMPANY).binding()):
        assert engine.process is not None
        pid = engine.process.pid
        account = Connection.objects.create(platform="freshdesk", account=COMPANY, credentials="")

        def measured(work: Callable[[], None]) -> Spent:
            there, engine_cpu, here, began = server.cpu(), ran_threads(pid), time.process_time(), time.perf_counter()
            work()
            wall, here = time.perf_counter() - began, time.process_time() - here
            return Spent(wall, here, server.cpu() - there, ran_threads(pid) - engine_cpu)

        whole = measured(lambda: _take_in(account, articles, sweep=1))
        before = _hashes()
        changed = [_edited(one) for one in articles[::EVERY]]
        _forget_seen()
        part = measured(lambda: _take_in(account, changed, sweep=2))
        exact = _embedded_exactly(before)
        everything = [*changed, *(one for place, one in enumerate(articles) if place % EVERY)]
        _forget_seen()
        again = measured(lambda: _take_in(account, everything, sweep=3))
        exact = exact and not any(len(one.seen) for one in _providers())
    return _line(whole, part, again, exact, size, len(changed), before)


def _articles(count: int) -> list[ArticleData]:
    writer = Writer(7)
    return [_article(number, writer.subject(), writer.text(SENTENCES)) for number in range(1, count + 1)]


def _article(number: int, title: str, text: str) -> ArticleData:
    return ArticleData(
        remote_id=str(number), language="en", title=title, html=f"<p>{text}</p>", text=text, published=True,
        status_value=2, visibility="public", category_id="1", category="Devices", folder_id="1", folder="Faults",
        created_at=NOW, updated_at=NOW, raw_hash=hashlib.sha256(f"{title}{text}".encode()).hexdigest(),
    )  # fmt: skip


def _edited(article: ArticleData) -> ArticleData:
    """Its last sentence says something else."""
    text = f"{article.text.rsplit('. ', 1)[0]}. Ask number {article.remote_id} first when it is still like that."
    return _article(int(article.remote_id), article.title, text)


def _take_in(account: Connection, articles: Sequence[ArticleData], *, sweep: int) -> None:
    """As a sync stores pages, and as workers do what is then owed."""
    for start in range(0, len(articles), PAGE):
        with transaction.atomic():
            store_articles(account, articles[start : start + PAGE], sweep=sweep)
    while kinds := due_kinds():
        for kind in kinds:
            while work_off(kind):
                pass


def _hashes() -> dict[Any, str]:
    return dict(Chunk.objects.values_list("pk", "content_hash"))


def _providers() -> list[Hashed]:
    return [one for one in (embeddings(), second_embeddings()) if isinstance(one, Hashed)]


def _forget_seen() -> None:
    for one in _providers():
        one.seen.clear()


def _embedded_exactly(before: dict[Any, str]) -> bool:
    """Whether each provider was given the chunks whose words are others now, each once, and nothing else."""
    rows = [one for one in Chunk.objects.all() if before.get(one.pk) != one.content_hash]
    wanted = Counter(one.embedded for one in rows)
    return bool(rows) and len(_providers()) == 2 and all(Counter(one.seen) == wanted for one in _providers())


def _line(whole: Spent, part: Spent, again: Spent, exact: bool, size: int, changed: int, before: Any) -> dict[str, Any]:
    share = part.cpu / whole.cpu
    return {
        "name": "resync_cost", "ours": round(part.cpu, 3), "unit": "CPU s to store and index what changed",
        "reference": round(whole.cpu, 3), "reference_name": "taking in all of it, embedder at 0 ms",
        "ratio": round(share, 4), "goal": f"<= {GOAL} of the CPU, exactly the changed chunks are embedded",
        "ok": exact and share <= GOAL, "embedded_exactly": exact, "documents": size, "changed": changed,
        "chunks": len(before), "everything_read_again_cpu_s": round(again.cpu, 3),
        "everything_read_again_share": round(again.cpu / whole.cpu, 4),
        "cpu_client_s": round(part.client, 3), "cpu_server_s": round(part.server, 3), "cpu_engine_s": round(part.engine, 3),
        "wall_s": {"all": round(whole.wall, 2), "changed": round(part.wall, 2), "again": round(again.wall, 2)},
    }  # fmt: skip
