"""Files of an instance: they lie on it, behind the same key; nothing there leads to another host."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from apps.core.errors import ExternalError, ExternalUnavailable, NotFound
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.results import failure
from apps.platforms.filedata import GONE, INCOMPLETE, TOO_LARGE, FileData, FileRef

_INLINE = re.compile(r"/?sys_attachment\.do")


async def open_attachment(client: ServiceNowClient, ref: FileRef, most: int) -> FileData:
    """A call for what it is and whose, one for the bytes. See PlatformAdapter.open_attachment."""
    row = await _look_up(client, ref.remote_id)
    if row.table_sys_id != ref.ticket_id:
        raise NotFound("the file is not of this ticket", code=GONE)
    return await _read(client, row, most)


async def open_image(client: ServiceNowClient, url: str, most: int) -> bytes:
    """What an article or an entry shows by an address of this very instance. Raises NotFound for any other."""
    try:
        split = urlsplit(url)
        here = not split.netloc or (split.scheme, split.hostname) == (client.target.scheme, client.target.host)
    except ValueError:
        here = False
    found = parse_qs(split.query).get("sys_id", [""])[0] if here and _INLINE.fullmatch(split.path) else ""
    row = await _look_up(client, found)
    if not row.content_type.startswith("image/"):
        raise NotFound("no image of this helpdesk", code=GONE)
    return (await _read(client, row, most)).body


async def _look_up(client: ServiceNowClient, sys_id: str) -> wire.Attachment:
    if not query.is_id(sys_id):
        raise NotFound("ServiceNow knows its files by sys_id", code=GONE)
    try:
        return await client.row("sys_attachment", sys_id, wire.Attachment)
    except NotFound as exc:
        raise NotFound("the helpdesk does not list this file any more", code=GONE) from exc


async def _read(client: ServiceNowClient, row: wire.Attachment, most: int) -> FileData:
    said = int(row.size_bytes) if row.size_bytes.isdecimal() else 0
    if said > most:
        raise ExternalError("the file is larger than we take", code=TOO_LARGE)
    if row.state == "pending":
        raise ExternalUnavailable("the file is not ready yet", code="file_pending")
    try:
        answer = await client.read_file(f"/api/now/attachment/{row.sys_id}/file", most)
    except ExternalError as exc:
        if exc.code in ("answer_too_large", "too_slow"):
            raise ExternalError("the file is larger than we take", code=TOO_LARGE) from exc
        raise
    if answer.status in (403, 404):
        raise NotFound("the helpdesk does not give this file", code=GONE)
    if answer.status != 200:
        raise failure(answer)
    if said and len(answer.body) != said:
        raise ExternalError("the helpdesk gave more or less than it says", code=INCOMPLETE)
    return FileData(row.file_name, row.content_type, answer.body)
