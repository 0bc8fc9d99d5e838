"""A whole site under its real supervisor, seen from outside: output, children, commands, the state of its stores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psycopg
from qdrant_client import QdrantClient, models

ROOT = Path(__file__).resolve().parents[1]
MARKS = {
    "postgres": "/postgres\0-D", "valkey": "valkey-server", "vectors": "embedded.vectors", "web": "uvicorn",
    "worker": "interactive,sync,index", "provision": "\0provision\0", "patient": "\0patient\0",
    "beat": "\0beat\0", "guard": "guard.py",
}  # fmt: skip


def wait_until(true: Callable[[], Any], what: str, seconds: float = 60, step: float = 0.1) -> Any:
    """The first true answer. Fails with `what` when there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(step)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def children_of(number: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{number}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def processes_naming(mark: str) -> list[str]:
    """Command lines that name the mark or work under it, our own apart."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = os.readlink(entry / "cwd")
        except OSError:
            continue
        if (mark in line or mark in place) and int(entry.name) != os.getpid():
            found.append(f"{entry.name} {line}")
    return found


def _environment(process: int) -> dict[str, str]:
    pairs = Path(f"/proc/{process}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@dataclass
class RunningSite:
    """`manage.py dev` on a folder, started by `start`.

    Without the demo articles have one meaning, unless `shell` says otherwise: the second is filled in at the lowest
    priority, for minutes beside other tests.
    """

    data: Path
    arguments: Sequence[str] = ("--no-demo",)
    root: Path = ROOT
    python: str = sys.executable
    prefix: Sequence[str] = ()
    shell: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    cold_s: float = 0.0
    output: Path | None = None

    def __post_init__(self) -> None:
        if self.output is None:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            self.output = self.data.with_name(f"{self.data.name}.out")

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the supervisor; returns at once."""
        command = [*self.prefix, self.python, "manage.py", "dev", "--data", str(self.data), *self.arguments]
        one_meaning = {"SECOND_EMBEDDING_PROVIDER": ""} if "--no-demo" in self.arguments else {}
        self.began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=dict(os.environ) | one_meaning | dict(self.shell), stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self.process

    def start(self) -> RunningSite:
        """Returns when the pages answer."""
        process = self.launch()
        wait_until(lambda: "pages answer" in self.told() or process.poll() is not None, "pages answer", 120)
        assert process.poll() is None, self.told()
        self.cold_s = time.monotonic() - self.began
        login = _environment(self.child("provision"))["MIGRATE_DATABASE_URL"]  # commands may use it, what serves has it not
        self.environment = _environment(self.child("web")) | {"MIGRATE_DATABASE_URL": login}
        return self

    def told(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def child(self, name: str) -> int:
        """The number of a process of the site; 'worker child' is one of the pool's."""
        assert self.process is not None
        if name == "supervisor":
            return self.process.pid
        if name == "worker child":
            return wait_until(lambda: children_of(self.child("worker")), "the worker has children")[0]

        def look() -> int | None:
            for number in children_of(self.process.pid):  # type: ignore[union-attr]
                try:
                    if MARKS[name] in Path(f"/proc/{number}/cmdline").read_text():
                        return number
                except OSError:
                    continue
            return None

        found: int = wait_until(look, f"{name} runs")
        return found

    def kill(self, name: str) -> int:
        """kill -9. Returns the number that is no more."""
        number = self.child(name)
        os.kill(number, signal.SIGKILL)
        return number

    def kill_family(self, name: str, seconds: float = 30) -> None:
        """kill -9 of a process and all its children at once; returns when the supervisor has started it again."""
        number = self.child(name)
        for each in (number, *children_of(number)):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        wait_until(lambda: self.child(name) != number, f"{name} is there again", seconds)

    def kill_and_see_it_return(self, name: str, seconds: float = 30) -> None:
        before = self.kill(name)
        wait_until(lambda: self.child(name) != before, f"{name} is there again", seconds)

    def stop(self, number: int = signal.SIGTERM, patience: float = 60) -> int:
        """Ask the supervisor to end. Returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(patience)

    def manage(self, *arguments: str) -> Any:
        """A command's JSON."""
        done = subprocess.run(
            [self.python, "manage.py", *arguments, "--json"], cwd=self.root, env=self.environment, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        return orjson.loads(done.stdout)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows as the owner of the machine sees them."""
        with psycopg.connect(self.environment["DATABASE_URL"].replace("deskhand_app@", "postgres@")) as connection:
            return connection.execute(query).fetchall()

    def number(self, query: str) -> int:
        return int(self.ask(query)[0][0])

    def peek(self, query: str) -> int:
        """The number, or -1 while PostgreSQL is away."""
        try:
            return self.number(query)
        except psycopg.OperationalError:
            return -1

    def points(self, company: str) -> set[str]:
        """Ids of a company's points in the engine."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a key over plain http, on this machine
            client = QdrantClient(
                url=self.environment["QDRANT_URL"],
                api_key=self.environment["QDRANT_API_KEY"],
                check_compatibility=False,
            )
        own = models.Filter(must=[models.FieldCondition(key="company_id", match=models.MatchValue(value=company))])
        found: set[str] = set()
        after: Any = None
        while True:
            records, after = client.scroll("chunks", own, limit=1000, offset=after, with_payload=False)
            found |= {str(one.id) for one in records}
            if after is None:
                client.close()
                return found

    def embedded(self, company: str) -> int:
        """How many chunks the workers said they embedded for the company."""
        lines = (self.data / "logs" / "worker.log").read_bytes().splitlines()
        events = [orjson.loads(line) for line in lines if line.startswith(b"{")]
        return sum(one["embedded"] for one in events if one["event"] == "indexed" and one["company"] == company)


@contextmanager
def running_site(data: Path, **options: Any) -> Iterator[RunningSite]:
    """Started, and ended whatever happens; a test that passes has left nothing running."""
    site = RunningSite(data, **options)
    try:
        yield site.start()
    except BaseException:
        sys.stderr.write(site.told())
        raise
    finally:
        if site.process is not None:
            site.stop()
    wait_until(lambda: not processes_naming(str(data)), f"nothing runs on {data}", 10)
