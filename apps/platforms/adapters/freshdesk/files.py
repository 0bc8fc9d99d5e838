"""Files of a Freshdesk account. They lie on another host, behind links that live five minutes and that no key opens.

A link is asked for when a file is wanted, used at once and kept nowhere. What it may lead to is a short list: the
vendor's own hosts and S3. A link of an account that is not the operator's own choice never leads to a host of this site.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

from apps.core.egress import Answer, EgressClient, EgressLimits, EgressPolicy
from apps.core.egress.policy import Target
from apps.core.errors import BadInput, ExternalError, ExternalUnavailable, NotFound
from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.adapters.freshdesk.client import PER_PAGE, VENDOR, FreshdeskClient
from apps.platforms.filedata import GONE, INCOMPLETE, TOO_LARGE, FileData, FileRef

HOSTS = (*VENDOR, ".amazonaws.com")
_S3 = re.compile(r"(?:[a-z0-9.-]+\.)?s3(?:[.-][a-z0-9]+)*\.amazonaws\.com")  # and no other service of Amazon's
_INLINE = "/inline/attachment"
HOPS = 3  # redirects, each judged like the first address
SECONDS = 60.0  # for the bytes of one file


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the files of one account may lie. The account's key is not known here."""

    policy: EgressPolicy
    images: EgressPolicy

    @classmethod
    def of(cls, account: Target, allow_hosts: frozenset[str]) -> Self:
        """The operator's hosts count for accounts that are such a host themselves: a company's own word leads to none."""
        allowed = allow_hosts if account.trusted else frozenset()
        return cls(EgressPolicy(HOSTS, allowed), EgressPolicy(VENDOR, allowed))

    async def read(self, url: str, most: int) -> bytes:
        """The bytes behind a link. Raises NotFound when it opens nothing, ExternalUnavailable, ExternalError."""
        for _ in range(HOPS + 1):
            answer = await self._get(url, most)
            if answer.status not in (301, 302, 303, 307, 308):
                return _body(answer)
            url = urljoin(url, answer.headers.get("location", ""))
        raise ExternalError("the storage host leads in circles")

    async def image(self, url: str, most: int) -> bytes:
        """An image of a message by the address in its HTML, which needs no key. Raises NotFound for any other address."""
        try:
            self.images.target(url)
        except BadInput as exc:
            raise NotFound("no image of this helpdesk", code=GONE) from exc
        if urlsplit(url).path != _INLINE:
            raise NotFound("no image of this helpdesk", code=GONE)
        return await self.read(url, most)

    async def _get(self, url: str, most: int) -> Answer:
        split = urlsplit(url)
        try:
            client = EgressClient(url, self.policy, limits=EgressLimits(size=most, total=SECONDS))
        except BadInput as exc:  # said of somebody else's link: not the asker's mistake
            raise ExternalError("the link leads to a host we do not call", code="address_refused") from exc
        async with client:
            if not client.target.trusted and not _is_known(client.target.host):
                raise ExternalError("the link leads to a host we do not call", code="address_refused")
            try:
                return await client.send("GET", split._replace(scheme="", netloc="", fragment="").geturl() or "/")
            except ExternalError as exc:
                if exc.code == "answer_too_large":
                    raise ExternalError("the file is larger than we take", code=TOO_LARGE) from exc
                raise


def _is_known(host: str) -> bool:
    return host.endswith(VENDOR) or _S3.fullmatch(host) is not None


def _body(answer: Answer) -> bytes:
    """What S3 says in its XML is for nobody: 403 is a link that died, or a file we may not have."""
    if answer.status == 200:
        return answer.body
    if answer.status in (403, 404, 410):
        raise NotFound("the storage host does not have it", code=GONE)
    if answer.status >= 500 or answer.status in (408, 429):
        raise ExternalUnavailable(f"the storage host answered {answer.status}")
    raise ExternalError(f"the storage host answered {answer.status}")


async def open_attachment(client: FreshdeskClient, storage: Storage, ref: FileRef, most: int) -> FileData:
    """One credit for a fresh link where the place is known, then the bytes. See PlatformAdapter.open_attachment."""
    found = await _look_up(client, ref)
    said = found.size or found.file_size
    if said > most:
        raise ExternalError("the file is larger than we take", code=TOO_LARGE)
    body = await storage.read(found.attachment_url, most)
    if said and len(body) != said:
        raise ExternalError("the storage host gave more or less than the helpdesk says", code=INCOMPLETE)
    return FileData(found.name, found.content_type, body)


async def _look_up(client: FreshdeskClient, ref: FileRef) -> wire.FileLink:
    ways = (f"/tickets/{_number(ref.ticket_id)}", f"/tickets/archived/{_number(ref.ticket_id)}")
    first, second = reversed(ways) if ref.archived else ways
    try:
        rows = await _rows(client, first, ref)
    except NotFound:
        rows = await _rows(client, second, ref)
    for row in rows:
        for file in row.attachments:
            if str(file.id) == ref.remote_id and not row.deleted and file.attachment_url:
                return file
    raise NotFound("the helpdesk does not list this file any more", code=GONE)


async def _rows(client: FreshdeskClient, path: str, ref: FileRef) -> list[wire.WithFiles]:
    """The one row that may list it, or none."""
    if ref.message_id is None:
        return [await client.one(path, wire.WithFiles)]
    number = _number(ref.message_id)
    async for row in _entries(client, f"{path}/conversations", ref.place):
        if row.id == number:
            return [row]
    return []


async def _entries(client: FreshdeskClient, path: str, place: int) -> AsyncIterator[wire.WithFiles]:
    """Where it stood first: the description is no entry, so place 2 is the first of page 1. Then all, if it moved."""
    guess = max(0, place - 2) // PER_PAGE + 1
    if guess > 1:
        rows, _ = await client.rows(path, wire.WithFiles, {"page": guess, "per_page": PER_PAGE})
        for row in rows:
            yield row
    async for row in client.every(path, wire.WithFiles):
        yield row


def _number(remote_id: str) -> int:
    if not remote_id.isdecimal():
        raise NotFound("Freshdesk knows its things by number", code=GONE)
    return int(remote_id)
