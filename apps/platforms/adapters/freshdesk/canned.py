"""Canned responses of a Freshdesk account: for admins, one call a folder (contract 2.3)."""

from __future__ import annotations

import hashlib

import orjson

from apps.core.errors import CredentialsRejected, NotFound
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.activities import ReadsActivities
from apps.platforms.adapters.freshdesk.checking import REFUSALS
from apps.platforms.adapters.freshdesk.client import FreshdeskClient
from apps.platforms.base import Cursor, Page
from apps.platforms.canneddata import CannedData

_ALL, _GROUPS = 0, 2  # visibility; 1 is of one person. One that says nothing is nobody's


class CannedCursor(Cursor):
    """Folders still to read, the next one first; None: not listed yet."""

    folders: tuple[tuple[int, str], ...] | None = None


class ReadsCanned(ReadsActivities):
    """The part of the adapter that reads them."""

    _client: FreshdeskClient

    @classmethod
    def first_canned(cls) -> CannedCursor:
        return CannedCursor()

    async def fetch_canned(self, cursor: Cursor) -> Page[CannedData]:
        return await step(self._client, CannedCursor.model_validate(cursor))


async def step(client: FreshdeskClient, cursor: CannedCursor) -> Page[CannedData]:
    """The list of folders, then a folder a step. After the last one the cursor is at the beginning again."""
    if cursor.folders is None:
        folders = tuple([(row.id, row.name) for row in await _folders(client) if not row.personal])
        return Page([], CannedCursor(folders=folders or None), more=bool(folders))
    (number, name), left = cursor.folders[0], cursor.folders[1:]
    path = f"/canned_response_folders/{number}/responses"
    try:
        rows = [row async for row in client.every(path, wire.CannedResponse)]
    except NotFound:  # the folder went away under us, and its answers with it
        rows = []
    items = [_item(row, name) for row in rows if row.visibility in (_ALL, _GROUPS)]
    return Page(items, CannedCursor(folders=left or None), more=bool(left))


async def _folders(client: FreshdeskClient) -> list[wire.CannedFolder]:
    try:
        return [row async for row in client.every("/canned_response_folders", wire.CannedFolder)]
    except CredentialsRejected as exc:
        if exc.code in REFUSALS:
            raise NotFound("the key or the plan has none to read", code="not_offered") from exc
        raise


def _item(row: wire.CannedResponse, folder: str) -> CannedData:
    plain = orjson.dumps([row.model_dump(mode="json"), folder], option=orjson.OPT_SORT_KEYS)
    return CannedData(
        remote_id=str(row.id), title=row.title, html=row.content_html or row.content, folder=folder,
        audience="all" if row.visibility == _ALL else "groups", group_ids=tuple(map(str, row.group_ids)),
        raw_hash=hashlib.sha256(plain).hexdigest(),
    )  # fmt: skip
