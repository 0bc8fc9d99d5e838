"""What people wrote and keys say, sent through every failing path of a real site: none of it is in a log, page or queue.

A log line that quotes a row looks harmless in every test that does not look for the row.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
import psycopg
import pytest
import redis

from embedded.processes import free_port
from tests.first_sync import FirstSync, first_sync
from tests.running_site import RunningSite, running_site, wait_until
from tests.simulated import KEY

pytestmark = [
    pytest.mark.verify,
    pytest.mark.alone("site"),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes in /proc"),
]
COMPANY = "leaky"
MAIL, PASSWORD, WRONG = "kanari.mara@kunde.example", "kanari horse battery", "kanari wrong battery"
TOKEN = f"dsk_user_{COMPANY}_{'KANARI' * 7}K_0000"
COOKIE, WORDS = f"{COMPANY}.kanari0sessionkey0123456789abcd", "KANARI-Ohrhörer 4111111111111111"
PLANTED = (MAIL, PASSWORD, WRONG, TOKEN, COOKIE, COOKIE.split(".")[1], WORDS, "KANARI", "kanari", KEY)


@dataclass
class Canaries:
    """Everything that may be nowhere: what was planted here, and every person and text of the simulated account."""

    words: list[str]

    def in_text(self, text: str) -> list[str]:
        return [word for word in self.words if word in text]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSite, FirstSync]]:
    """A site that logs all there is to log, with a company whose tickets cannot be stored."""
    port = free_port()
    shell = {"EGRESS_ALLOW_HOSTS": f"127.0.0.1:{port}", "POLL_SECONDS": "5", "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"}
    with running_site(tmp_path_factory.mktemp("canaries") / "site", shell=shell) as site:
        with first_sync(site, COMPANY, port, tickets=40, seed=7) as sync:
            sync.wait_until_done(90)
            yield site, sync


@pytest.fixture(scope="module")
def canaries(begun: tuple[RunningSite, FirstSync]) -> Canaries:
    site, sync = begun
    rows = site.ask(
        f"""SELECT subject FROM c_{COMPANY}.platforms_ticket UNION SELECT email FROM c_{COMPANY}.platforms_person
        UNION SELECT name FROM c_{COMPANY}.platforms_person UNION SELECT left(text, 40) FROM c_{COMPANY}.platforms_message
        UNION SELECT title FROM c_{COMPANY}.platforms_article"""
    )
    words = [row[0] for row in rows if row[0] and len(row[0]) >= 10]
    secrets = [site.environment[name] for name in ("SECRET_KEY", "MASTER_KEYS", "QDRANT_API_KEY")]
    assert len(words) > 60
    return Canaries([*PLANTED, *words, *secrets])


def logs(site: RunningSite) -> dict[str, str]:
    """Every log there is, of the engines too, and what the supervisor printed."""
    found = {path.name: path.read_text(errors="replace") for path in site.data.rglob("*.log") if path.is_file()}
    return found | {"supervisor": site.told()}


def lines(site: RunningSite, name: str) -> list[dict[str, Any]]:
    text = (site.data / "logs" / f"{name}.log").read_text()
    return [orjson.loads(line) for line in text.splitlines() if line.startswith("{")]


def change(site: RunningSite, statement: str) -> None:
    """Alter a table of the company's, as the owner of the machine."""
    with psycopg.connect(site.environment["DATABASE_URL"].replace("deskhand_app@", "postgres@")) as owner:
        owner.execute(f"ALTER TABLE c_{COMPANY}.platforms_ticket {statement}")


def queued(site: RunningSite) -> str:
    """Every value of queue and cache, as one text."""
    found = []
    for url in (site.environment["BROKER_URL"], site.environment["REDIS_URL"]):
        store = redis.Redis.from_url(url)
        for key in store.scan_iter(count=1000):
            found.append(f"{key!r} {_value(store, key)!r}")
    return "\n".join(found)


def _value(store: redis.Redis, key: bytes) -> Any:
    match store.type(key):
        case b"list":
            return store.lrange(key, 0, -1)
        case b"hash":
            return store.hgetall(key)
        case b"zset":
            return store.zrange(key, 0, -1)
        case b"set":
            return store.smembers(key)
    return store.get(key)


def test_failing_tasks_leave_ids_only(begun, canaries):
    """A CHECK that no ticket passes: PostgreSQL's error quotes the row, in a worker of Celery's pool."""
    site, sync = begun
    change(site, "ADD CONSTRAINT kanari CHECK (subject IS NULL) NOT VALID")
    seen: list[str] = []
    try:
        sync.simulator.update(op="subject", tickets=[1, 2, 3])
        site.manage("sync", COMPANY)

        def failed() -> bool:
            seen.append(queued(site))
            return any(line["event"] == "task_failed" for line in lines(site, "worker"))

        wait_until(failed, "a task fails", 60, 0.3)
    finally:
        change(site, "DROP CONSTRAINT kanari")
    told = [line for line in lines(site, "worker") if line["event"] == "task_failed"]
    assert {line["company"] for line in told} == {COMPANY}
    assert "23514" in {error.get("code") for line in told for error in line["error"]}
    assert any("celery" in line["logger"] for line in lines(site, "worker") if line["event"] == "crashed")
    assert canaries.in_text("\n".join(seen)) == []
    assert not any("traceback" in one.lower() for one in seen)


def test_pages_and_problem_documents_give_nothing_back(begun, canaries):
    """Refusals, bad bodies, and a 500 that the database causes with the person's words in the statement."""
    site, _ = begun
    site.manage("create_user", COMPANY, "lead@leaky.example", "--role", "admin", "--password", PASSWORD)
    base = re.sub(r"//localhost", "//127.0.0.1", site.environment["PUBLIC_URL"])
    answers = []
    with httpx2.Client(base_url=base, headers={"host": f"{COMPANY}.localhost"}, trust_env=False, timeout=30) as web:
        answers += [web.get("/", params={"q": WORDS, "token": TOKEN}), web.get(f"/{MAIL}/{TOKEN}")]
        answers += [
            web.get("/", headers={"cookie": f"session={COOKIE}"}),
            web.get("/", headers={"host": f"{MAIL}.localhost"}),
        ]
        answers += [web.get("/api/v1/tickets/", headers={"authorization": f"Bearer {TOKEN}"})]
        answers += [
            web.get("/api/v1/tickets/", headers={"authorization": f"Bearer {TOKEN}", "x-company-id": WORDS.encode()})
        ]
        page = web.get("/sign-in/")
        form = {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1], "next": "/"}
        answers += [web.post("/sign-in/", data={"email": "nobody@leaky.example", "password": WRONG})]
        own = {"username": "lead@leaky.example", "email": "lead@leaky.example", "password": PASSWORD}
        signed = web.post("/sign-in/", data=form | own, headers={"referer": f"{base}/sign-in/"})
        assert signed.status_code == 302, signed.text
        change(site, "RENAME subject TO kept")
        try:
            broken = [web.get("/", params={"q": WORDS}), web.get("/admin/platforms/ticket/", params={"q": WORDS})]
            broken += [web.get("/api/v1/tickets/", params={"q": MAIL})]
        finally:
            change(site, "RENAME kept TO subject")
        answers += [
            web.post(
                "/api/v1/ask/", content=f'{{"question": "{WORDS}'.encode(), headers={"content-type": "application/json"}
            )
        ]
        answers += [web.get("/metrics", headers={"host": "127.0.0.1"})]
    assert {answer.status_code for answer in broken} == {500}
    given_back = {answer.url.path: canaries.in_text(answer.text) for answer in [*answers, *broken]}
    assert {path: found for path, found in given_back.items() if found} == {}
    told = [line for line in lines(site, "web") if line["event"] == "crashed"]
    assert "42703" in {error.get("code") for line in told for error in line.get("error", [])}
    assert {line["status"] for line in lines(site, "web") if line["event"] == "request_failed"} == {500}


def test_a_command_that_fails_does_not_repeat_its_key(begun, canaries):
    site, _ = begun
    for address in ("https://10.0.0.1", f"https://a.freshdesk.com:{WORDS}"):
        done = subprocess.run(
            [site.python, "manage.py", "connect", COMPANY, "freshdesk", "--base-url", address, "--api-key", "-"],
            cwd=site.root, env=site.environment, input=TOKEN.encode(), capture_output=True,
        )  # fmt: skip
        assert done.returncode == 1
        assert canaries.in_text((done.stdout + done.stderr).decode()) == []


def test_no_log_of_any_process_holds_a_word_of_it(begun, canaries):
    """Last: whatever the tests above caused. At level DEBUG, so that every library says all it has to say."""
    site, _ = begun
    found = logs(site)
    assert {"web.log", "worker.log", "beat.log", "provision.log", "postgres.log", "valkey.log"} <= set(found)
    assert sum(text.count('"event":"foreign"') for text in found.values()) > 100, "the libraries were heard"
    assert {name: canaries.in_text(text) for name, text in found.items() if canaries.in_text(text)} == {}
