"""Open and change companies. The only code that uses the migrating login outside migrations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import psycopg
from django.conf import settings

from apps.core.errors import BadInput, Conflict
from apps.tenancy.models import Company
from apps.tenancy.names import check_company_id, schema_of
from apps.tenancy.registry import forget_hosts
from apps.tenancy.standby import claim
from apps.tenancy.template import replay

KEPT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: psycopg.Connection
    since: float


_kept: _Kept | None = None


@contextmanager
def owner_connection() -> Iterator[psycopg.Connection]:
    """A connection of the migrating login. Raises BadInput where this process was not given one."""
    with _connect() as connection:
        yield connection


def _connect() -> psycopg.Connection:
    url = settings.MIGRATE_DATABASE_URL
    if not url:
        raise BadInput(
            "MIGRATE_DATABASE_URL is not set here; run this where companies are provisioned.",
            code="migrate_login_missing",
        )
    return psycopg.connect(url)


@contextmanager
def kept_connection() -> Iterator[psycopg.Connection]:
    """An owner_connection() in autocommit that the provisioning worker keeps for its next look.

    To warm a fresh one up takes PostgreSQL as long as to claim a standby. It is renewed after KEPT_SECONDS, for the
    server remembers every table it meets, and after any error. Other processes keep none.
    """
    global _kept
    kept, _kept = _kept, None  # nobody else gets it meanwhile
    if kept is None or not _answers(kept.connection) or time.monotonic() - kept.since > KEPT_SECONDS:
        if kept is not None:
            kept.connection.close()
        kept = _Kept(_connect(), time.monotonic())
        kept.connection.autocommit = True
    try:
        yield kept.connection
    except BaseException:
        kept.connection.close()
        raise
    if settings.PROVISIONS and _kept is None:
        _kept = kept
    else:
        kept.connection.close()


def _answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def create_company(
    *,
    company_id: str,
    name: str,
    language: str = "en",
    region: str = "",
    operator: bool = False,
    connection: psycopg.Connection | None = None,
) -> Company:
    """Open a company: registry row, host, schema with walls and reference rows, in one transaction.

    Raises BadInput for a bad id, Conflict when it exists. A crash in between leaves nothing. Who opens several hands
    in an owner_connection() of its own: PostgreSQL warms a fresh one up for a sixth of the time. The reserved company
    `operator` is opened only for callers who say so.
    """
    check_company_id(company_id, operator=operator)
    with nullcontext(connection) if connection else owner_connection() as owner, owner.transaction():
        build_company(owner, company_id, name=name, language=language, region=region)
    forget_hosts()
    return Company.objects.get(company_id=company_id)


def build_company(owner: psycopg.Connection, company_id: str, *, name: str, language: str, region: str) -> None:
    """create_company() in the caller's transaction, for an id that was checked: from a standby where one is ready.

    Raises Conflict when the company exists.
    """
    schema = schema_of(company_id)
    if _exists(owner, company_id, schema):
        raise Conflict(f"Company {company_id!r} exists already, or has existed.", code="company_exists")
    if not claim(owner, schema=schema, company_id=company_id):
        replay(owner, schema=schema, company_id=company_id)
    _register(owner, company_id, schema, name, language, region or settings.REGION)


def put_status(
    owner: psycopg.Connection, company_id: str, status: Company.Status, *, only_from: Sequence[Company.Status]
) -> None:
    """Change a company's state in the caller's transaction. Raises Conflict when it is in none of `only_from`."""
    changed = owner.execute(
        "UPDATE public.tenancy_company SET status = %s WHERE company_id = %s AND status = ANY (%s)",
        [status.value, company_id, [one.value for one in only_from]],
    ).rowcount
    if not changed:
        raise Conflict(f"Company {company_id!r} is not {' or '.join(only_from)}.", code="company_state")


def _exists(connection: psycopg.Connection, company_id: str, schema: str) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = %s)"
        " OR EXISTS (SELECT 1 FROM public.tenancy_company WHERE company_id = %s)",
        [schema, company_id],
    ).fetchone()
    return row is not None and bool(row[0])


def _register(
    connection: psycopg.Connection, company_id: str, schema: str, name: str, language: str, region: str
) -> None:
    connection.execute(
        "WITH company AS ("
        "  INSERT INTO public.tenancy_company (company_id, schema_name, name, region, language, status, created_at)"
        "  VALUES (%s, %s, %s, %s, %s, 'active', now()) RETURNING id)"
        " INSERT INTO public.tenancy_domain (domain, tenant_id, is_primary) SELECT %s, id, true FROM company",
        [company_id, schema, name, region, language, f"{company_id}.{settings.BASE_DOMAIN}"],
    )
