"""Bring every company's schema to this release: who is behind is one query, what to do is made once and replayed.

A company is changed in one transaction with its rows of django_migrations, so it is at the old release or the new one
whenever somebody pulls the plug, and the next run goes on with the rest. Only migrations that are more than SQL run
the ordinary way, company by company; a mark on the schema says until they are complete.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError
from psycopg import sql

from apps.core.errors import Conflict
from apps.tenancy.provisioning import owner_connection
from apps.tenancy.rls import wall
from apps.tenancy.scripts import ALIAS, NotPlain, Script, collect, reasons
from apps.tenancy.states import UNFINISHED, Key, Release, State, read_states

LOCK = "deskhand.migrate_companies"
PAUSE_SECONDS = 1.0  # before busy companies are tried again
RECYCLE = 100  # companies a connection serves: its catalogue cache grows with each (0.7 MiB)
Tell = Callable[[str], None]

_BEGIN = """
SELECT set_config('lock_timeout', {lock}, true), set_config('synchronous_commit', 'off', true),
  set_config('app.company_id', {company}, true), set_config('search_path', {path}, true);
SELECT pg_advisory_xact_lock(hashtext({name}), hashtext({schema}))
"""


@dataclass(frozen=True, slots=True)
class Limits:
    parallel: int = 4
    lock_seconds: float = 2.0  # a company that is busy for longer is left for the next attempt
    attempts: int = 3


@dataclass
class Outcome:
    """What a run found and did, by schema."""

    companies: int = 0
    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    busy: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # have migrations this release does not know
    ordinary: dict[str, str] = field(default_factory=dict)  # migrations that were not replayed, and why

    @property
    def complete(self) -> bool:
        return not self.failed and not self.busy


@dataclass(frozen=True, slots=True)
class Group:
    """Companies in the same state, and what they lack."""

    missing: frozenset[Key]
    ordinary: dict[str, str]
    states: list[State]


def plan(connection: psycopg.Connection) -> tuple[Outcome, list[Group]]:
    """What a run would do. Changes nothing."""
    release = Release()
    states = read_states(connection)
    outcome = Outcome(len(states), unknown=[state.schema for state in states if release.unknown(state)])
    groups: dict[tuple[frozenset[Key], bool], list[State]] = {}
    for state in states:
        missing = release.missing(state)
        if missing or state.unfinished:
            groups.setdefault((missing, state.unfinished), []).append(state)
    found = []
    for (missing, unfinished), members in groups.items():
        why = {"": "left between migrations and walls"} if unfinished else reasons(release, missing)
        found.append(Group(missing, why, members))
    return outcome, found


def upgrade(limits: Limits, tell: Tell) -> Outcome:
    """Bring every company that is behind to this release, as far as it goes; one company's trouble stops no other.

    Raises Conflict while another run is going on. Needs a process on the migrating login.
    """
    with _alone() as connection:
        outcome = _attempt(connection, limits, tell, Outcome())
        for _ in range(limits.attempts - 1):
            if not outcome.busy:
                break
            time.sleep(PAUSE_SECONDS)
            outcome = _attempt(connection, limits, tell, outcome)
        # Everything was committed without waiting for the disk: the last commit waits for all of them.
        connection.execute("SELECT pg_current_xact_id()")
    return outcome


def _attempt(connection: psycopg.Connection, limits: Limits, tell: Tell, before: Outcome) -> Outcome:
    """Those that are behind now, without the ones that failed before."""
    outcome, groups = plan(connection)
    outcome.migrated, outcome.failed, outcome.ordinary = before.migrated, before.failed, before.ordinary
    for group in groups:
        states = [state for state in group.states if state.schema not in outcome.failed]
        progress = _Progress(outcome, len(states), tell)
        script = None if group.ordinary else _script(states, outcome, progress)
        if script is not None:
            asyncio.run(_replay_all(states, script, limits, progress))
            continue
        outcome.ordinary |= {name: why for name, why in group.ordinary.items() if name}
        for state in states:
            if state.schema not in outcome.failed and state.schema not in outcome.busy:
                progress.done(state, _ordinary(state))
    return outcome


class _Progress:
    """Writes down how it went with each company, and tells."""

    def __init__(self, outcome: Outcome, of: int, tell: Tell) -> None:
        self.outcome, self.of, self.number, self.tell = outcome, of, 0, tell

    def done(self, state: State, trouble: BaseException | None) -> None:
        self.number += 1
        if trouble is None:
            self.outcome.migrated.append(state.schema)
            words = "migrated"
        elif is_busy(trouble):
            self.outcome.busy.append(state.schema)
            words = "busy"
        else:
            words = self.outcome.failed[state.schema] = told(trouble)
        self.tell(f"{self.number}/{self.of} {state.schema}: {words}")


def _script(states: list[State], outcome: Outcome, progress: _Progress) -> Script | None:
    """From the first company where the migrations run; None when they have to run in each by itself.

    A company where they do not is told of: it is tried in no other way.
    """
    for state in list(states):
        try:
            return collect(state)
        except NotPlain as exc:
            outcome.ordinary[f"all of {state.schema} and its like"] = str(exc)
            return None
        except Exception as exc:  # noqa: BLE001 - a migration may raise anything
            progress.done(state, exc)
            states.remove(state)
    return None


async def _replay_all(states: list[State], script: Script, limits: Limits, progress: _Progress) -> None:
    """A few connections, each taking the next company."""
    waiting = iter(states)
    await asyncio.gather(*(_work(waiting, script, limits, progress) for _ in range(min(limits.parallel, len(states)))))


async def _work(waiting: Iterator[State], script: Script, limits: Limits, progress: _Progress) -> None:
    connection, served = None, 0
    try:
        for state in waiting:
            try:
                if connection is None or connection.closed or served % RECYCLE == 0:
                    if connection is not None:
                        await connection.close()
                    connection = await psycopg.AsyncConnection.connect(settings.MIGRATE_DATABASE_URL)
                served += 1
                await _replay(connection, state, script, limits)
            except psycopg.Error as exc:
                progress.done(state, exc)
            else:
                progress.done(state, None)
    finally:
        if connection is not None:
            await connection.close()


async def _replay(connection: psycopg.AsyncConnection, state: State, script: Script, limits: Limits) -> None:
    """Two messages: is the company still as it was read (a killed run's last one may just have ended), then all of it."""
    begin = sql.SQL(_BEGIN).format(
        lock=sql.Literal(f"{int(limits.lock_seconds * 1000)}ms"), company=sql.Literal(state.company_id),
        path=sql.Literal(f"{state.schema}, pg_temp"), name=sql.Literal(LOCK), schema=sql.Literal(state.schema),
    )  # fmt: skip
    async with connection.transaction():
        await connection.execute(begin, prepare=False)
        rows = await connection.execute("SELECT app, name FROM django_migrations", prepare=False)
        if frozenset(await rows.fetchall()) == state.applied:
            await connection.execute(script.text(state.schema, state.company_id).encode(), prepare=False)


def _ordinary(state: State) -> BaseException | None:
    """Django's own way, then rows and walls. Returns what went wrong."""
    try:
        with owner_connection() as owner:
            owner.execute(_comment(state, sql.Literal(UNFINISHED)))
        call_command("migrate_schemas", schema_name=state.schema, verbosity=0, interactive=False)
        with owner_connection() as owner:
            wall(owner, state.schema, state.company_id)
            owner.execute(_comment(state, sql.NULL))
    except Exception as exc:  # noqa: BLE001 - a migration may raise anything
        connections[ALIAS].close()
        return exc
    return None


def _comment(state: State, text: sql.Composable) -> sql.Composed:
    return sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(state.schema), text)


@contextmanager
def _alone() -> Iterator[psycopg.Connection]:
    """A connection that holds the lock of all runs. The server lets go of it when the connection ends, however it does."""
    with owner_connection() as connection:
        connection.autocommit = True
        row: Any = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK]).fetchone()
        if not row[0]:
            raise Conflict("Companies are being migrated by another process; wait for it.", code="migration_running")
        yield connection


def is_busy(trouble: BaseException) -> bool:
    """Whether somebody held a lock for too long."""
    cause = trouble.__cause__ if isinstance(trouble, DatabaseError) else trouble
    return isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


def told(trouble: BaseException) -> str:
    """What went wrong, without rows: PostgreSQL's details quote them, its first line names columns."""
    cause = trouble.__cause__ if isinstance(trouble, DatabaseError) else trouble
    if isinstance(cause, psycopg.Error):
        return f"{type(cause).__name__}: {cause.diag.message_primary or 'the database went away'}"
    known = isinstance(trouble, InconsistentMigrationHistory | NodeNotFoundError)
    return f"{type(trouble).__name__}: {trouble}" if known else type(trouble).__name__
