"""Standby companies: schemas made ahead of orders, without a name, which an order turns into a company.

A standby holds everything that costs (tables, keys, indexes, grants on them) and nothing that lets anybody in: row
security is forced without a policy, and the serving login may not enter the schema. The comment on the schema says
which template it was made from; one of another template is dropped and never claimed.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import lru_cache

import psycopg
import structlog
from django.db import connection
from psycopg import Connection, sql

from apps.tenancy.names import STANDBY
from apps.tenancy.rls import EXEMPT, open_tables
from apps.tenancy.splitting import Halves, split
from apps.tenancy.template import USUAL_WAIT, send, template_sql

log = structlog.get_logger("deskhand.lifecycle")
# A backup holds locks on every table while it runs: then a company is made anew, which waits for nobody.
LOCK_WAIT = "200ms"
KEEPER = "keeper"  # whoever looks after the standbys; a standby's own name locks that one

_STANDING = r"""
SELECT n.nspname, coalesce(obj_description(n.oid, 'pg_namespace'), '') FROM pg_namespace n
WHERE n.nspname LIKE 'standby\_%' ORDER BY n.nspname
"""
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('deskhand.standby'), hashtext(%s))"
_FITS = "SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = %s AND obj_description(n.oid, 'pg_namespace') = %s)"
_NAMED = """
COMMENT ON SCHEMA @schema@ IS NULL;
ALTER SCHEMA @schema@ RENAME TO {schema};
"""


class Unfit(Exception):  # noqa: N818 - the caller has another way
    """A standby is not what its mark says."""


@lru_cache(maxsize=1)
def halves() -> Halves:
    """This release's template in two."""
    return split(template_sql())


def ready() -> int:
    """How many an order finds. Any login may ask."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        return sum(mark == halves().mark for _, mark in cursor.fetchall())


def claim(owner: Connection, *, schema: str, company_id: str) -> bool:
    """Turn a standby into the schema of the company, in the caller's transaction. False where none fits.

    Both names were checked. A standby that turns out to be broken or busy costs no more than its time.
    """
    for name, mark in _standing(owner):
        if mark != halves().mark or not _locked(owner, name):
            continue
        if not owner.execute(_FITS, [name, mark]).fetchone()[0]:  # type: ignore[index]
            continue  # claimed while we looked
        try:
            with owner.transaction():
                _turn(owner, name, schema, company_id)
        except (psycopg.Error, Unfit) as exc:
            if owner.closed:
                raise
            code = getattr(exc, "sqlstate", None) or type(exc).__name__
            log.warning("standby_unfit", code=code)
            if isinstance(exc, psycopg.errors.LockNotAvailable):
                return False  # a backup: it holds the others too
            _dropped(owner, name)
        else:
            return True
    return False


def keep(owner: Connection, wanted: int) -> bool:
    """One step towards `wanted` standbys of this release: drop one that is unfit or too many, else prepare one.

    In a transaction of its own, so that nothing half made stays. False when there was nothing to do, or another
    worker is at it.
    """
    with owner.transaction():
        if not _locked(owner, KEEPER):
            return False
        standing = _standing(owner)
        fitting = [name for name, mark in standing if mark == halves().mark]
        unfit = [name for name, mark in standing if mark != halves().mark]
        for name in (*unfit, *fitting[wanted:]):
            if _locked(owner, name) and _dropped(owner, name):
                log.info("standby_kept", change="dropped", count=len(standing) - 1)
                return True
        if len(fitting) >= wanted:
            return False
        _prepare(owner)
        log.info("standby_kept", change="prepared", count=len(fitting) + 1)
        return True


def _standing(owner: Connection) -> list[tuple[str, str]]:
    return owner.execute(_STANDING).fetchall()


def _prepare(owner: Connection) -> None:
    name = STANDBY + secrets.token_hex(6)
    send(owner, halves().ahead, schema=name)
    owner.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(name), sql.Literal(halves().mark)))


def _turn(owner: Connection, name: str, schema: str, company_id: str) -> None:
    """All that names the company, at once; then a look whether every wall stands, for nobody looked since it was made."""
    text = halves().rest + _NAMED.format(schema=schema)
    send(owner, text, schema=name, company_id=company_id, lock_wait=LOCK_WAIT)
    lacking = {table for table, _ in open_tables(owner, schema)} - EXEMPT
    if lacking:
        raise Unfit(f"{name} has tables without walls")


def _locked(owner: Connection, name: str) -> bool:
    """Whether the name is ours until the transaction ends."""
    row = owner.execute(_LOCK, [name]).fetchone()
    return row is not None and bool(row[0])


def _dropped(owner: Connection, name: str) -> bool:
    """Whether it went; one that a backup reads stays until the next look."""
    with suppress(psycopg.errors.LockNotAvailable), owner.transaction():
        owner.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
        owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        owner.execute("SELECT set_config('lock_timeout', %s, true)", [USUAL_WAIT])
        return True
    return False
