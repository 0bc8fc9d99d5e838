"""The feed of deleted tickets: the audit of deletions, where it is kept and we may read it (contract 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import SIZE_MOST, ServiceNowClient
from apps.platforms.adapters.servicenow.tickets import row_of
from apps.platforms.adapters.servicenow.walk import OVERLAP, Told, Window
from apps.platforms.base import Cursor, Page

TABLE = "sys_audit_delete"


class GoneCursor(Cursor):
    """None: nothing was read yet; it begins a little before the instance's now."""

    window: Window | None = None


async def fetch(client: ServiceNowClient, at: GoneCursor, tables: Sequence[str]) -> Page[str]:
    if at.window is None:
        await client.page(TABLE, query.ordered("sys_id"), wire.Record, limit=1)  # for its clock, and whether we may
    window = at.window or Window.of(client.server_time - OVERLAP)
    offset = window.crowd.offset if window.crowd is not None else window.offset
    full = query.joined(query.any_of("tablename", tables), window.query("sys_created_on"))
    rows = await client.page(TABLE, full, wire.Deleted, limit=SIZE_MOST, offset=offset)
    told = Told([row_of(one) for one in rows.all], rows.total, rows.limit)
    after, more = window.past(told, client.server_time)
    fresh = window.fresh(told.rows)
    gone = [row.documentkey for row in rows.good if row.sys_id in fresh and query.is_id(row.documentkey)]
    return Page(list(dict.fromkeys(gone)), GoneCursor(window=after), more)
