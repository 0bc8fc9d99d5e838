"""A simulated Freshdesk as its own process, and a mirror that only an adapter can fill: for tests of both sides."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson

from apps.platforms.adapters.freshdesk import FreshdeskAdapter, FreshdeskConfig
from apps.platforms.base import TICKET_FEEDS, ArticleData, Cursor, MessageData, TicketData

ROOT = Path(__file__).resolve().parent.parent
KEY = "the-key-of-the-account"
NOW = "2026-03-01T09:00:00Z"


@dataclass(slots=True)
class Simulator:
    """A running account: `api` as a customer of it, `control` as nobody but a test may."""

    url: str
    api: httpx2.Client
    control: httpx2.Client
    storage: str = ""

    def get(self, path: str, **params: Any) -> httpx2.Response:
        return self.api.get(f"/api/v2{path}", params=params)

    def told(self, path: str) -> Any:
        return self.control.get(f"/__sim/{path}").raise_for_status().json()

    def tell(self, path: str, **payload: Any) -> Any:
        answer = self.control.post(f"/__sim/{path}", content=orjson.dumps(payload))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def update(self, **change: Any) -> None:
        self.tell("update", apply=[change])

    def adapter(self, key: str = KEY) -> FreshdeskAdapter:
        return FreshdeskAdapter(FreshdeskConfig(base_url=self.url, api_key=key), allow_hosts=self.hosts)

    @property
    def hosts(self) -> frozenset[str]:
        """The account's host, and that of its files."""
        return frozenset(one.removeprefix("http://") for one in (self.url, self.storage) if one)


@contextmanager
def running(*arguments: str) -> Iterator[Simulator]:
    """The simulator with these arguments, on free ports, gone afterwards."""
    command = [sys.executable, "-m", "simulators.freshdesk", "--api-key", KEY, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            line = orjson.loads(process.stdout.readline())
            with (
                httpx2.Client(base_url=line["api"], auth=(KEY, "X"), trust_env=False, timeout=30) as api,
                httpx2.Client(base_url=line["control"], trust_env=False, timeout=60) as control,
            ):
                yield Simulator(line["api"], api, control, line["storage"])
        finally:
            process.terminate()


def fingerprint(text: str) -> str:
    """The hash of `export_mirror`, written a second time on purpose."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", text).split()).encode()).hexdigest()


@dataclass(slots=True)
class Mirror:
    """What a careful client keeps: rows by the version guard, a thread read again when its row changed."""

    tickets: dict[str, TicketData] = field(default_factory=dict)
    threads: dict[str, list[MessageData]] = field(default_factory=dict)
    articles: dict[tuple[str, str], ArticleData] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    owed: dict[str, None] = field(default_factory=dict)

    async def sync(self, adapter: FreshdeskAdapter) -> int:
        """Every feed once to its end, then the threads that are owed. Returns how many rows were new."""
        changed = 0
        for feed in TICKET_FEEDS:
            more = True
            while more:
                cursor = self.cursors.get(feed) or adapter.first_tickets(feed)
                page = await adapter.fetch_tickets(type(cursor).model_validate(cursor.model_dump(mode="json")))
                changed += sum([self._store(item) for item in page.items])
                self.cursors[feed], more = page.next, page.more
        while self.owed:
            ticket_id = next(iter(self.owed))
            self.threads[ticket_id] = await adapter.fetch_thread(ticket_id)
            del self.owed[ticket_id]
        return changed

    def _store(self, item: TicketData) -> bool:
        held = self.tickets.get(item.remote_id)
        if held and (held.updated_at > item.updated_at or held.raw_hash == item.raw_hash):
            return False
        self.tickets[item.remote_id] = item
        self.owed[item.remote_id] = None
        return True

    async def read_articles(self, adapter: FreshdeskAdapter) -> int:
        """The whole knowledge base. Returns the number of steps."""
        self.articles, steps, cursor, more = {}, 0, adapter.first_articles(), True
        while more:
            page = await adapter.fetch_articles(type(cursor).model_validate(cursor.model_dump(mode="json")))
            self.articles |= {(item.remote_id, item.language): item for item in page.items}
            cursor, more, steps = page.next, page.more, steps + 1
        return steps

    def export(self) -> dict[str, dict[Any, dict[str, Any]]]:
        """Tickets by number and articles by (id, language), as the truth names things."""
        audience = {"public": "public", "private": "agents", "restricted": "restricted"}
        return {
            "tickets": {key: self._ticket(item) for key, item in self.tickets.items()},
            "articles": {
                key: {
                    "title": item.title, "status": item.status_value, "visibility": audience[item.visibility],
                    "text_sha256": fingerprint(item.text),
                }
                for key, item in self.articles.items()
            },
        }  # fmt: skip

    def _ticket(self, item: TicketData) -> dict[str, Any]:
        return {
            "subject": item.subject,
            "status": item.status.value,
            "state": item.state,
            "updated_at": item.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "product": item.product_id or None,
            "description_sha256": fingerprint(item.description_text or ""),
            "messages": [
                {
                    "remote_id": message.remote_id,
                    "private": message.visibility != "public",
                    "text_sha256": fingerprint(message.text),
                }
                for message in self.threads[item.remote_id]
            ],
        }


def as_export(truth: dict[str, Any]) -> dict[str, dict[Any, dict[str, Any]]]:
    """The truth keyed like `Mirror.export`, without the keys an adapter cannot know (language of a ticket, deleted)."""
    tickets = {row["remote_id"]: _without(row, "remote_id", "language", "deleted") for row in truth["tickets"]}
    articles = {
        (row["remote_id"], row["language"]): _without(row, "remote_id", "language", "deleted")
        for row in truth["articles"]
    }
    return {"tickets": tickets, "articles": articles}


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
