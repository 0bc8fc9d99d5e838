"""50,000 tickets come in from JSON files while an agent works in a browser; killed twenty times, they come all the same.

Run by hand: `make soak`. SOAK_TICKETS: of the first; of the killed one a tenth.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Page, sync_playwright

from simulators.json_store.writing import append, write_company
from tests.browser.chromium import CHROMIUM, NO_CHROMIUM, launch
from tests.browser.watch import Watch
from tests.first_sync import FINDS_PROCESSES
from tests.ingest.stores import mirrored, truth
from tests.running_site import RunningSite, running_site

pytestmark = [pytest.mark.soak, FINDS_PROCESSES, pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM)]
TICKETS, KILLS = int(os.environ.get("SOAK_TICKETS", "50000")), 20
EMAIL, PASSWORD = "mara@moved.example", "many-hands-at-work"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    data = tmp_path_factory.mktemp("moving") / "data"
    with running_site(data, shell={"JSON_STORE_ROOT": str(root), "LOG_FORMAT": "json"}) as running:
        yield running


@contextmanager
def importing(site: RunningSite, folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The command as somebody runs it, and where its report will be."""
    report = folder.parent / f"{folder.name}.report"
    command = [sys.executable, "scripts/migrate_to_postgresql.py", str(folder), "--json", *options]
    pipes = {"stderr": subprocess.PIPE} if "--progress" in options else {}
    with report.open("wb") as out, subprocess.Popen(command, cwd=site.root, env=site.environment, stdout=out, **pipes) as process:
        try:
            yield process, report
        finally:
            process.kill()


class Agent:
    """Signs in, then goes from the queue to a ticket and back, and searches. Whatever a page complains of is kept."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin, self.seconds = page, origin, []
        self.watch = Watch.on(page.context, origin)

    def sign_in(self) -> None:
        self.page.goto(f"{self.origin}/sign-in/")
        self.page.locator("#id_username").fill(EMAIL)
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.locator("main button[type=submit]").click()
        self.page.locator("#rows").wait_for()

    def work(self) -> None:
        self._timed(lambda: self.page.goto(f"{self.origin}/"))
        rows = self.page.locator(".queue-table a[href^='/tickets/']")
        if rows.count():
            address = rows.first.get_attribute("href")
            self._timed(lambda: self.page.goto(f"{self.origin}{address}"))
        self._timed(lambda: self.page.goto(f"{self.origin}/search/?q=order"))

    def _timed(self, step: Callable[[], Any]) -> None:
        began = time.monotonic()
        answer = step()
        self.seconds.append(time.monotonic() - began)
        if answer is None or answer.status != 200:
            self.watch.failed.append(f"{self.page.url} {answer.status if answer else 'nothing'}")


def test_fifty_thousand_tickets_come_in_while_an_agent_works(site, root, capsys):
    folder = root / "moved"
    write_company(folder, tickets=TICKETS)
    site.manage("create_company", "moved")
    site.manage("create_user", "moved", EMAIL, "--role", "lead", "--password", PASSWORD)
    origin = f"http://moved.localhost:{site.environment['PUBLIC_URL'].rpartition(':')[2]}"
    with sync_playwright() as playwright, importing(site, folder) as (process, report):
        agent = Agent(launch(playwright).new_page(), origin)
        agent.sign_in()
        began, rounds = time.monotonic(), 0
        while process.poll() is None:
            agent.work()
            rounds += 1
        seconds = time.monotonic() - began
    one = orjson.loads(report.read_bytes())["companies"][0]
    slow = sorted(agent.seconds)[int(0.95 * len(agent.seconds))]
    with capsys.disabled():
        print(
            f"\n{one['tickets']} tickets, {one['messages']} messages in {one['import']['seconds']:.0f} s; the agent went "
            f"{rounds} rounds of three pages in {seconds:.0f} s, 95 % within {slow:.2f} s; wrong: {agent.watch.report()}"
        )
    assert one["import"]["equal"] and one["import"]["files"] == one["import"]["mirror"], one
    assert mirrored(site.manage("export_mirror", "moved")) == truth(folder)
    assert agent.watch.report() == {}


def test_killed_twenty_times_it_goes_on_and_taken_back_nothing_is_left(site, root, capsys):
    folder = root / "killed"
    write_company(folder, tickets=TICKETS // 10)
    dice, kills = random.Random(4), 0
    while kills < KILLS:
        with importing(site, folder, "--progress") as (process, _report):
            process.stderr.read(1)  # the first sign of progress
            try:
                process.wait(dice.uniform(0, 4))
                append(folder, TICKETS // 100, seed=kills, deletions=3)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
    with importing(site, folder) as (process, report):
        assert process.wait(900) == 0, report.read_text()
    one = orjson.loads(report.read_bytes())["companies"][0]
    assert one["import"]["equal"], one
    assert mirrored(site.manage("export_mirror", "killed")) == truth(folder)
    with importing(site, folder, "--rollback", "--remove-companies") as (process, report):
        assert process.wait(600) == 0, report.read_text()
    assert orjson.loads(report.read_bytes())["companies"][0]["closed"]
    assert site.points("killed") == set()
    with capsys.disabled():
        print(f"\n{one['tickets']} tickets after {KILLS} kills: equal; taken back, the company closed")
