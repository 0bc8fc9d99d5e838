"""The Attachment API: lists, one, the bytes, and a new file (contract 3.5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from typing import Any

import orjson

from simulators.servicenow import answers, records, tables
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import seconds, stamp
from simulators.servicenow.world import World
from simulators.web import Request, Response

TABLE = "sys_attachment"
_LIMIT = "1000"


def list_files(world: World, request: Request) -> Response:
    """GET /attachment"""
    query = {"sysparm_limit": _LIMIT, "sysparm_exclude_reference_link": "true"} | request.query
    query.pop("sysparm_fields", None)
    response = tables.list_rows(world, replace(request, query=query), TABLE)
    told = orjson.loads(response.body) if response.status == 200 else {}
    if isinstance(told.get("result"), list) and "error" not in told:
        response.body = orjson.dumps({"result": [_dressed(world, request, row) for row in told["result"]]})
    return response


def read_file(world: World, request: Request, sys_id: str) -> Response:
    """GET /attachment/{sys_id}"""
    return answers.result(_dressed(world, request, tables.handle(world, TABLE, sys_id).row))


def read_bytes(world: World, request: Request, sys_id: str) -> Response:
    """GET /attachment/{sys_id}/file"""
    row = tables.handle(world, TABLE, sys_id).row
    told = _dressed(world, request, row)
    if told["state"] == "pending":
        raise answers.refuse(404, "Attachment not available", "The attachment is being processed")
    body = world.uploads.get(sys_id)
    headers = {
        "X-Attachment-Metadata": orjson.dumps(told).decode().encode("ascii", "backslashreplace").decode(),
        "Content-Disposition": 'attachment;filename="file"',
    }  # fmt: skip
    kind = row["content_type"] or "application/octet-stream"
    return Response(200, records.content(row) if body is None else body, content_type=kind, headers=headers)


def add_file(world: World, request: Request) -> Response:
    """POST /attachment/file?table_name=&table_sys_id=&file_name="""
    asked = request.query
    table, sys_id, name = (asked.get(one, "") for one in ("table_name", "table_sys_id", "file_name"))
    if not name:
        raise answers.refuse(400, "Missing parameter", "file_name")
    tables.allow(world, table)
    tables.handle(world, table, sys_id)
    row = attach(world, table, sys_id, name, request.headers.get("content-type", ""), request.body)
    return answers.result(_dressed(world, request, row), 201)


def upload_file(world: World, request: Request) -> Response:
    """POST /attachment/upload: a form with table_name, table_sys_id and the file."""
    message = message_from_bytes(b"Content-Type: " + request.headers.get("content-type", "").encode() + b"\r\n\r\n" + request.body)
    parts = message.get_payload()
    if not message.is_multipart() or not isinstance(parts, list):
        raise answers.refuse(415, "Unsupported Media Type", "Content-Type header value is not supported")
    fields: dict[str, tuple[str, str, bytes]] = {}
    for part in (one for one in parts if isinstance(one, Message)):
        told = part.get_params(header="content-disposition") or []
        named, body = dict(told), part.get_payload(decode=True)
        kind = part.get_content_type()
        fields[named.get("name", "")] = (named.get("filename", ""), kind, body if isinstance(body, bytes) else b"")
    table, sys_id = (fields.get(one, ("", "", b""))[2].decode() for one in ("table_name", "table_sys_id"))
    files = [one for one in fields.values() if one[0]]
    if not table or not sys_id or not files:
        raise answers.refuse(400, "Missing parameter", "table_name, table_sys_id and a file")
    tables.allow(world, table)
    tables.handle(world, table, sys_id)
    name, kind, body = files[0]
    return answers.result(_dressed(world, request, attach(world, table, sys_id, name, kind, body)), 201)


def delete_file(world: World, request: Request, sys_id: str) -> Response:
    """DELETE /attachment/{sys_id}"""
    row = tables.handle(world, TABLE, sys_id).row
    world.remove(TABLE, sys_id)
    _moved(world, row["table_name"], row["table_sys_id"])
    return Response(204, b"", headers={})


def attach(world: World, table: str, sys_id: str, name: str, kind: str, body: bytes, by: str = INTEGRATION) -> Row:
    """A new file of a record; the record changes with it, or not, by the switch."""
    at = stamp(world.clock.second())
    known = {"sys_id": world.new_id(), "table_name": table, "table_sys_id": sys_id, "sys_created_on": at, "sys_updated_on": at}
    row = records.file_row(known, name, kind, len(body), by)
    row["hash"] = hashlib.sha256(body).hexdigest()
    world.uploads[row["sys_id"]] = body
    world.store(TABLE).put(row)
    world.heard(TABLE, row, "insert")
    _moved(world, table, sys_id)
    return row


def _moved(world: World, table: str, sys_id: str) -> None:
    if world.switches.file_moves_record and world.get(table, sys_id) is not None:
        world.change(table, sys_id, {})


def _dressed(world: World, request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """A row with the link to its bytes, and the state it is in now."""
    host = request.headers.get("host", "localhost")
    at = row["sys_created_on"] if isinstance(row["sys_created_on"], str) else row["sys_created_on"]["value"]
    created, told = seconds(at), row["state"]
    if created is not None and world.clock.now() - created < world.switches.attachment_pending_seconds:
        told = "pending"
    state = told if isinstance(row["sys_id"], str) else row["state"] | {"value": told} if isinstance(told, str) else told
    sys_id = row["sys_id"] if isinstance(row["sys_id"], str) else row["sys_id"]["value"]
    link = f"{world.scheme}://{host}/api/now/attachment/{sys_id}/file"
    return row | {"state": state, "download_link": link if isinstance(row["sys_id"], str) else {"display_value": link, "value": link}}
