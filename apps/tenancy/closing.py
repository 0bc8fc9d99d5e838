"""Close a company: everything of it goes but its id, the heads of its audit log and what the operators' log says.

shut      its state is `closing`: nobody gets in, its tasks stop, nothing new is sent
settled   every process has seen that, and no task of it runs any more
emptied   its messages are out of the queue
parted    what must outlive it is kept (the last head of its audit log)
dropped   its schema: rows, people, sessions, keys
erased    vectors, cached values, whatever other rooms keep (settings.COMPANY_ERASERS)
buried    what is left of it in the registry is a tombstone
swept     the stores write their files anew without what was deleted (settings.COMPANY_SWEEPERS)
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from django.conf import settings
from django.utils.module_loading import import_string
from psycopg import sql

from apps.tenancy.context import Binding, bind_company
from apps.tenancy.lifecycle import NOTED, Claimed, NotYet, Step, plan, put_status
from apps.tenancy.models import Company, Order
from apps.tenancy.names import schema_of
from apps.tenancy.queues import drop_messages, running_messages
from apps.tenancy.registry import KEEP_SECONDS

Status = Company.Status
SETTLE_SECONDS = 2 * KEEP_SECONDS  # every process has read the registry since, and finished a page
LONGEST_TASK = 100.0  # a task is killed after 90: what the queue still holds as running then is a dead worker's


def _shut(owner: psycopg.Connection, order: Claimed) -> None:
    put_status(owner, order.company_id, Status.CLOSING, only_from=[Status.ACTIVE, Status.SUSPENDED, Status.CLOSING])
    owner.execute("UPDATE public.tenancy_company SET closed_at = now() WHERE company_id = %s", [order.company_id])


def _settled(owner: psycopg.Connection, order: Claimed) -> None:
    row = owner.execute(
        "SELECT extract(epoch FROM now() - closed_at)::float FROM public.tenancy_company WHERE company_id = %s",
        [order.company_id],
    ).fetchone()
    age = row[0] if row else LONGEST_TASK
    if age < SETTLE_SECONDS:
        raise NotYet("settling", SETTLE_SECONDS - age)
    if age < LONGEST_TASK and running_messages(order.company_id):
        raise NotYet("tasks_running", 1.0)


def _emptied(owner: psycopg.Connection, order: Claimed) -> None:
    drop_messages(order.company_id)


def _bound(paths: str) -> Callable[[psycopg.Connection, Claimed], None]:
    """A step that runs functions of other rooms, named in a setting, bound to the company."""

    def run(owner: psycopg.Connection, order: Claimed) -> None:
        row = owner.execute(
            "SELECT schema_name, company_id, region FROM public.tenancy_company WHERE company_id = %s",
            [order.company_id],
        ).fetchone()
        assert row is not None  # noqa: S101 - a tombstone stays
        with bind_company(Binding(*row)):
            for path in getattr(settings, paths):
                import_string(path)()

    return run


def _dropped(owner: psycopg.Connection, order: Claimed) -> None:
    """Waits two seconds for whoever still reads, then is put off."""
    schema = schema_of(order.company_id)
    owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _buried(owner: psycopg.Connection, order: Claimed) -> None:
    """The id and its own host stay: nobody gets them again, and who comes is told that the company is closed."""
    put_status(owner, order.company_id, Status.CLOSED, only_from=[Status.CLOSING])
    row = owner.execute(
        "UPDATE public.tenancy_company SET name = '', closed_at = now() WHERE company_id = %s RETURNING id",
        [order.company_id],
    ).fetchone()
    owner.execute(
        "DELETE FROM public.tenancy_domain WHERE tenant_id = %s AND domain <> %s",
        [row and row[0], f"{order.company_id}.{settings.BASE_DOMAIN}"],
    )


def _swept(owner: psycopg.Connection, order: Claimed) -> None:
    for path in settings.COMPANY_SWEEPERS:
        import_string(path)()


plan(
    Order.Kind.CLOSE,
    Step("shut", _shut),
    Step("settled", _settled, apart=True),
    Step("emptied", _emptied, apart=True),
    Step("parted", _bound("COMPANY_FAREWELLS"), apart=True),
    Step("dropped", _dropped),
    Step("erased", _bound("COMPANY_ERASERS"), apart=True),
    Step("buried", _buried),
    Step("swept", _swept, apart=True),
    NOTED,
)
