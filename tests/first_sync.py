"""A company's first sync on a running site: begun, watched while it is under way, and held against the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from embedded.processes import free_port
from tests.running_site import RunningSite, running_site, wait_until
from tests.simulated import KEY, Simulator, running

FINDS_PROCESSES = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc")
STAGES = {"messages": "platforms_message", "chunks": "search_chunk", "briefs": "assistant_brief"}


class Recovery:
    """From a kill until all that was held at that moment is done, given back or taken by somebody else."""

    def __init__(self, sync: FirstSync) -> None:
        self._sync, self._began, self._seconds = sync, time.monotonic(), 0.0
        self._held = sync.held()
        self.count = len(self._held)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while self._held and time.monotonic() - self._began < 180:
            time.sleep(0.5)
            with suppress(psycopg.OperationalError):  # killed as well, perhaps
                self._held &= self._sync.held()
        self._seconds = time.monotonic() - self._began if self.count else 0.0

    def seconds(self) -> float:
        """How long it took; fails when something is held for good."""
        self._thread.join()
        assert not self._held, f"held for ever by a dead worker: {sorted(self._held)}"
        return self._seconds


@dataclass
class FirstSync:
    """One company, one simulated account of its own."""

    site: RunningSite
    company: str
    simulator: Simulator

    def count(self, table: str, where: str = "true") -> int:
        return self.site.number(f"SELECT count(*) FROM c_{self.company}.{table} WHERE {where}")

    def wait_for(self, stage: str, least: int) -> None:
        """Until so much of it is there; the sync must not be over by then, or nothing would be proved."""
        query = f"SELECT count(*) FROM c_{self.company}.{STAGES[stage]}"
        wait_until(lambda: self.site.peek(query) >= least, f"{least} {stage} of {self.company}", 120, 0.05)
        assert self.count("ingest_outbox") > 0, f"the sync was over before {least} {stage} were seen"

    def progress(self) -> int:
        """A number that grows with every page, thread and chunk; -1 while PostgreSQL is away."""
        return self.site.peek(
            f"""SELECT (SELECT coalesce(sum(pages), 0) FROM c_{self.company}.ingest_stream)
            + (SELECT count(*) FROM c_{self.company}.platforms_message)
            + (SELECT count(*) FROM c_{self.company}.search_chunk)"""
        )

    def held(self) -> set[tuple[str, str, int]]:
        """What workers have taken: feeds by their fence, work by its claim, whether or not they still live."""
        return set(self.site.ask(
            f"""SELECT 'feed', id::text, fence FROM c_{self.company}.ingest_stream WHERE lease_until IS NOT NULL
            UNION ALL SELECT kind, id::text, claim FROM c_{self.company}.ingest_outbox WHERE claimed_until IS NOT NULL"""
        ))  # fmt: skip

    def watch(self) -> Recovery:
        """To be called right after a kill."""
        return Recovery(self)

    def done(self) -> bool:
        """Every feed was read to its end and nothing is owed."""
        return self.site.peek(
            f"""SELECT ((SELECT count(*) > 0 AND count(*) = count(first_completed_at) FROM c_{self.company}.ingest_stream)
            AND NOT EXISTS (SELECT 1 FROM c_{self.company}.ingest_outbox))::int"""
        ) == 1

    def wait_until_done(self, seconds: float) -> None:
        wait_until(self.done, f"the first sync of {self.company} is complete", seconds, 0.25)

    def check(self) -> None:
        """Mirror equals truth, chunks equal points, open tickets have briefs, nothing is owed and nothing is twice."""
        ours, theirs = self.site.manage("export_mirror", self.company), self.simulator.told("truth")
        assert _tickets(ours) == _tickets(theirs)
        assert _articles(ours) == _articles(theirs)
        assert len(ours["tickets"]) == len(_tickets(ours)), "a ticket is there twice"
        chunks = {str(row[0]) for row in self.site.ask(f"SELECT id FROM c_{self.company}.search_chunk")}
        assert chunks
        assert self.site.points(self.company) == chunks
        places = f"SELECT count(DISTINCT (kind, source_id, position)) FROM c_{self.company}.search_chunk"
        assert self.site.number(places) == len(chunks), "a piece of text is there twice"
        bare = f"""SELECT count(*) FROM c_{self.company}.platforms_message m
            JOIN c_{self.company}.platforms_ticket t ON t.id = m.ticket_id
            WHERE t.state IN ('live', 'archived') AND length(m.text) > 80
            AND NOT EXISTS (SELECT 1 FROM c_{self.company}.search_chunk c WHERE c.source_id = m.id)"""
        assert self.site.number(bare) == 0, "a message has no chunk"
        open_ones = "state IN ('live', 'archived') AND NOT deleted AND status_category IN ('open', 'pending')"
        assert self.count("platforms_ticket", open_ones) > 0
        without = f"{open_ones} AND id NOT IN (SELECT ticket_id FROM c_{self.company}.assistant_brief)"
        assert self.count("platforms_ticket", without) == 0, "an open ticket has no brief"
        # briefs made while knowledge was still arriving are owed once more: that may begin while we look
        wait_until(self.done, f"nothing stays owed to {self.company}", 90, 0.25)


def _tickets(export: dict[str, Any]) -> dict[str, Any]:
    return {
        one["remote_id"]: {key: value for key, value in one.items() if key not in ("language", "number")} for one in export["tickets"]
    }


def _articles(export: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(one["remote_id"], one["language"]): one for one in export["articles"]}


@contextmanager
def first_sync(site: RunningSite, company: str, port: int, *, tickets: int, seed: int) -> Iterator[FirstSync]:
    """Open the company and connect it; the workers begin by themselves. The site must allow 127.0.0.1:port."""
    size = ("--account", "generated", "--tickets", str(tickets), "--seed", str(seed), "--plan", "unlimited")
    with running(*size, "--port", str(port)) as simulator:
        simulator.update(op="status", random=12, seed=seed, value=2)  # a generated account has few open tickets
        site.manage("create_company", company, "--name", company)
        site.manage("connect", company, "freshdesk", "--base-url", simulator.url, "--api-key", KEY)
        yield FirstSync(site, company, simulator)


class Accounts:
    """Companies to come, each with an account of its own: a site is told whom it may call when it starts."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._ports: list[int] = []
        self._numbers = count()

    @contextmanager
    def site(self, data: Path, *, poll_seconds: int, **shell: str) -> Iterator[RunningSite]:
        while len(self._ports) < self._most:
            self._ports.append(free_port(taken=self._ports))
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        shell |= {"EGRESS_ALLOW_HOSTS": hosts, "POLL_SECONDS": str(poll_seconds), "LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
        with running_site(data, shell=shell) as running:
            yield running

    @contextmanager
    def sync(self, site: RunningSite, *, tickets: int, seed: int = 0) -> Iterator[FirstSync]:
        """The next company's; its account is made from the seed and its number."""
        number = next(self._numbers)
        with first_sync(site, f"{self._name}{number}", self._ports[number], tickets=tickets, seed=seed + number) as begun:
            yield begun
