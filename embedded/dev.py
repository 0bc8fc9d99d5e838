"""`manage.py dev`: a whole site from one command, with everything it needs, and nothing left when it ends."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import psycopg

from embedded.demo import OPERATORS, PASSWORD
from embedded.desks import DESKS, ports_of
from embedded.postgres import Postgres
from embedded.processes import StartFailed, spawn, stop, tail
from embedded.roles import DATABASE, ensure_roles
from embedded.services import Group, Service, python
from embedded.site import ACCOUNTS, ROOT, Busy, Site, site_environment
from embedded.valkey import Valkey
from embedded.vectors.process import VectorsProcess

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Supervisor:
    """Engines, web, workers, beat and, for the demo, the simulated helpdesks."""

    def __init__(self, data: Path, *, demo: bool) -> None:
        self.site = Site(data)
        self.demo = demo
        self.began = time.monotonic()
        self.group = Group(self.say)
        self.environment: dict[str, str] = {}  # of what serves
        self.owners: dict[str, str] = {}  # of what may change schemas: the provisioning worker and commands
        self.postgres: Postgres | None = None

    def say(self, text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {text}\n")
        sys.stdout.flush()

    def start(self) -> None:
        """Bring everything up; returns when the page answers."""
        self.site.take()
        self.site.choose_ports(("web", "valkey", "vectors", *(name for one in ACCOUNTS for name in ports_of(one))))
        self._start_engines()
        self._run("migrate_database", python("manage.py", "migrate_database"))
        self.say("database is up to date")
        if self.demo:
            self._start_simulators()
            addresses = [f"{one}=http://127.0.0.1:{self.site.ports[one]}" for one in ACCOUNTS]
            self._run("demo", python("-m", "embedded.demo", *addresses))
            self.say(f"companies {', '.join(ACCOUNTS)} are open and connected")
        self._start_product()

    def _start_engines(self) -> None:
        data, ports = self.site.data, self.site.ports
        self.postgres = postgres = Postgres(data / "postgres")
        self.group.add(postgres)
        ensure_roles(postgres)
        self.say("PostgreSQL is up")
        valkey = Valkey(data / "valkey", port=ports["valkey"])
        self.group.add(valkey)
        vectors = VectorsProcess(data / "vectors", token=self.site.secret("QDRANT_API_KEY"), port=ports["vectors"])
        self.group.add(vectors)
        self.say("Valkey and the vector engine are up")
        self.environment = site_environment(
            self.site,
            app_url=postgres.dsn("deskhand_app", DATABASE),
            redis_url=valkey.url,
            vectors_url=vectors.url,
        )

        self.owners = self.environment | {"MIGRATE_DATABASE_URL": postgres.dsn("deskhand_migrate", DATABASE)}

    def _run(self, name: str, command: list[str]) -> None:
        log = self.site.data / "logs" / f"{name}.log"
        log.unlink(missing_ok=True)
        process = spawn(command, log=log, environment=self.owners, cwd=ROOT)
        try:
            process.wait()
        finally:
            code = stop(process)
        if code:
            raise StartFailed(f"{name} failed:\n{tail(log)}")

    def _start_simulators(self) -> None:
        for account in ACCOUNTS:
            desk = DESKS[account]
            self._add(f"{desk.platform}-{account}", python(*desk.serving(account, self.site.ports)))
        for account in ACCOUNTS:
            self._wait(f"http://127.0.0.1:{self.site.ports[account]}/", "the simulated helpdesk", any_answer=True)
        self.say("simulated helpdesks are up")

    def _start_product(self) -> None:
        port = str(self.site.ports["web"])
        web = python("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", port)
        self._add("web", [*web, "--no-access-log", "--log-level", "warning", "--lifespan", "off"])
        worker = python(
            "-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"
        )
        self._add("worker", [*worker, "--concurrency", "2", "--queues", "interactive,sync,index"])
        provision = self.owners | {"DATABASE_LOGIN": "provision"}
        self._add("provision", [*worker, "--concurrency", "1", "--queues", "provision"], provision)
        beat = python("-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING")
        self._add("beat", [*beat, "--schedule", str(self.site.data / "beat"), "--pidfile", ""])
        self._wait(f"http://127.0.0.1:{port}/readyz", "the web process")
        self._add("patient", [*worker, "--concurrency", "1", "--queues", "patient"])  # last: nobody waits for it
        self.say(f"pages answer on port {port}")

    def _add(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        log = self.site.data / "logs" / f"{name}.log"
        self.group.add(Service(name, command, environment or self.environment, log, ROOT))

    def _wait(self, url: str, what: str, *, any_answer: bool = False) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - loopback
            except urllib.error.HTTPError:
                if any_answer:
                    return
            except OSError:
                pass
            else:
                return
            self.group.watch()
            time.sleep(0.1)
        logs = self.site.data / "logs"
        raise StartFailed(f"{what} did not answer within 60 s; its log is in {logs}")

    def counts(self, company: str) -> dict[str, int]:
        """Rows of a demo company, for the progress line (read past row security by the owner of this machine).

        Raises psycopg.OperationalError while PostgreSQL is away.
        """
        assert self.postgres is not None
        tables = {"tickets": "platforms_ticket", "messages": "platforms_message", "chunks": "search_chunk",
                  "briefs": "assistant_brief", "owed": "ingest_outbox"}  # fmt: skip
        parts = ", ".join(f"(SELECT count(*) FROM c_{company}.{table})" for table in tables.values())
        with psycopg.connect(self.postgres.dsn("postgres", DATABASE)) as connection:
            row = connection.execute(f"SELECT {parts}").fetchone()  # noqa: S608 - names are ours
        return dict(zip(tables, row or (), strict=True))

    def stop(self) -> None:
        """Beat, worker, web, simulators, vectors, Valkey, PostgreSQL: the last to start is the first to stop."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self.group.children:
            self.group.stop()
            self.say("stopped")


def welcome(supervisor: Supervisor) -> None:
    """Address and logins, as the last thing on the screen."""
    port = supervisor.site.ports["web"]
    lines = [""] if supervisor.demo else ["", f"  http://localhost:{port}/"]
    for company in ACCOUNTS if supervisor.demo else ():
        lines.append(f"  http://{company}.localhost:{port}/")
        lines += [f"      {email:24} {role}" for email, _, role in DESKS[company].people]
    if supervisor.demo:
        lines.append(f"  http://operator.localhost:{port}/")
        lines += [f"      {email:24} {role}" for email, _, role in OPERATORS]
        lines.append(f"  password of all of them: {PASSWORD}")
    lines += ["  Ctrl-C stops everything.", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def watch(supervisor: Supervisor) -> None:
    """Show the first sync until it is done, then only speak when something happens."""
    shown, settled = "", 0
    while True:
        supervisor.group.watch()
        if supervisor.demo and settled < 3:
            text, idle = progress_line(supervisor)
            if text and text != shown:
                supervisor.say(text)
                shown = text
            settled = settled + 1 if idle else 0
            if settled == 3:
                supervisor.say("first sync complete")
        time.sleep(1)


def progress_line(supervisor: Supervisor) -> tuple[str, bool]:
    """What to say of the first sync, and whether nothing is owed; no text while PostgreSQL is away."""
    try:
        counts = {company: supervisor.counts(company) for company in ACCOUNTS}
    except psycopg.OperationalError:
        return "", False
    text = "; ".join(
        f"{name}: {one['tickets']} tickets, {one['messages']} messages, {one['chunks']} chunks, {one['briefs']} briefs"
        for name, one in counts.items()
    )
    return text, all(one["briefs"] and not one["owed"] for one in counts.values())


def run_command(supervisor: Supervisor, command: str) -> int:
    """Run a shell command with the site's environment; its exit code is ours (128 + the signal that ended it)."""
    environment = (
        os.environ
        | supervisor.owners
        | {f"SIMULATOR_{one.upper()}": f"http://127.0.0.1:{supervisor.site.ports[one]}" for one in ACCOUNTS}
        | {f"CONTROL_{one.upper()}": f"http://127.0.0.1:{supervisor.site.ports[f'{one}-control']}" for one in ACCOUNTS}
    )
    process = spawn(["/bin/sh", "-c", command], log=None, environment=environment, stdin=None)
    try:
        while process.poll() is None:
            supervisor.group.watch()
            time.sleep(0.2)
    finally:
        code = stop(process)
    return code if code >= 0 else 128 - code


def _asked(number: int, frame: FrameType | None) -> None:
    """Once is enough: who presses Ctrl-C twice must not interrupt the stopping."""
    for one in STOP_SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise Stopped(number)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="manage.py dev", description=__doc__)
    made.add_argument(
        "--data", type=Path, default=ROOT / ".data" / "dev", help="folder of all data (default .data/dev)"
    )
    made.add_argument("--no-demo", action="store_true", help="without the demo companies and simulated helpdesks")
    made.add_argument(
        "--run", metavar="COMMAND", help="bring the site up, run this shell command, stop, return its code"
    )
    made.add_argument("--reset", action="store_true", help="delete the data folder first")
    return made


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    data = options.data.resolve()
    supervisor = Supervisor(data, demo=not options.no_demo)
    for number in STOP_SIGNALS:
        signal.signal(number, _asked)
    try:
        if options.reset and data.exists():
            _reset(supervisor, data)
        supervisor.start()
        if options.run:
            return run_command(supervisor, options.run)
        welcome(supervisor)
        watch(supervisor)
    except Stopped as asked:
        sys.stdout.write("\n")
        supervisor.say("stopping …")
        return 128 + asked.number if options.run else 0
    except (StartFailed, Busy) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    finally:
        supervisor.stop()
    return 0


def _reset(supervisor: Supervisor, data: Path) -> None:
    """Refuses folders that are not ours and folders in use, by us or by an engine that is still ending."""
    if not (data / "lock").exists():
        raise StartFailed(f"{data} does not look like a data folder of Deskhand; it was left alone.")
    held = Site(data)
    held.take()
    Postgres(data / "postgres").erase()
    shutil.rmtree(data)
    held.release()
    supervisor.say("data folder deleted")
