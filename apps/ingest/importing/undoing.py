"""Take back what an import brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.core.audit import record
from apps.core.errors import Conflict
from apps.ingest.importing.finding import PLATFORM, below_root
from apps.ingest.importing.progress_bar import ProgressBar
from apps.ingest.removing import remove_connection
from apps.platforms.models import Connection, Ticket
from apps.tenancy.commands import follow
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company, Order
from apps.tenancy.orders import ask_close, was_opened_by

OPENED_BY = "import_json"


def find_imported(directory: str, only: Sequence[str]) -> list[str]:
    """Companies that have been imported from this folder or below it; the files need not be there any more. Those that are
    asked for by name come in any case."""
    below = below_root(directory)
    if only:
        return list(only)
    ids = Company.objects.filter(status=Company.Status.ACTIVE).order_by("company_id").values_list("company_id", flat=True)
    return [company_id for company_id in ids if _connections(company_id, below)]


def take_back(company_id: str, directory: str, *, progress: bool | None, close: bool, seconds: float) -> dict[str, Any]:
    """Everything that came from the folder, and with `close` the company too, where an import opened it and nobody uses it.

    Safe to repeat. Raises what `remove_connection` raises, Conflict for a company that is in use.
    """
    company = Company.objects.filter(company_id=company_id, status=Company.Status.ACTIVE).first()
    if company is None:
        return {"company": company_id, "result": "nothing_there"}
    gone = {"tickets": 0, "messages": 0, "articles": 0}
    found = _connections(company_id, below_root(directory))
    with bind_company(company.binding()):
        for connection in found:
            bar = ProgressBar(company_id, Ticket.objects.filter(connection=connection).count(), shown=progress)
            subject = f"connection:{connection.pk}"
            told = remove_connection(connection, tell=lambda done, bar=bar: bar.show(done, f"{done} tickets taken back"))
            bar.end()
            record("connection_saved", subject=subject, platform=PLATFORM, change="removed")
            gone = {name: count + told[name] for name, count in gone.items()}
        used = Connection.objects.exists() or User.objects.exists()
    report = {"company": company_id, "result": "taken_back" if found else "nothing_there", "gone": gone, "closed": False}
    return report | {"closed": close and _close(company_id, used, seconds)}


def _connections(company_id: str, below: str) -> list[Connection]:
    company = Company.objects.get(company_id=company_id)
    with bind_company(company.binding()):
        rows = list(Connection.objects.filter(platform=PLATFORM))
    return [one for one in rows if below == "." or f"{one.config.get('folder', '')}/".startswith(f"{below}/")]


def _close(company_id: str, used: bool, seconds: float) -> bool:
    if not was_opened_by(company_id, OPENED_BY):
        return False
    if used:
        raise Conflict("It has people or another helpdesk: close_company closes it all the same.", code="company_in_use")
    order = ask_close(company_id=company_id, confirm=company_id, asked_by=OPENED_BY)
    return follow(order, seconds, here=bool(settings.MIGRATE_DATABASE_URL)).state == Order.State.DONE
