"""Bring files of a mirrored message from the helpdesk, by links that are asked for anew and kept nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext, suppress

from apps.core.errors import ExternalError, ExternalUnavailable, NotFound, RateLimited
from apps.platforms.base import PlatformAdapter
from apps.platforms.connecting import open_adapter
from apps.platforms.filedata import MOST_BYTES, FileData, FileRef
from apps.platforms.models import Attachment, Connection, Message, Ticket
from apps.tenancy.slots import Slots

# Files of a company that people wait for at the same time: each is held whole until it is known to be whole.
FETCHING = Slots("platforms.files", most=4, seconds=120)
SECONDS = 75.0  # for the look-up and the bytes together
PAUSED = "connection_paused"
IMAGES_SECONDS = 20.0  # for all images of a message: who waits for them reads its words meanwhile


def ref_of(file: Attachment) -> FileRef:
    """`file` must come with its message and ticket."""
    message, ticket = file.message, file.message.ticket
    first = message.kind == Message.Kind.DESCRIPTION
    return FileRef(
        ticket_id=ticket.remote_id, message_id=None if first else message.remote_id, remote_id=file.remote_id,
        place=message.number, archived=ticket.state == Ticket.State.ARCHIVED,
    )  # fmt: skip


def fetch_file(
    file: Attachment, *, most: int = MOST_BYTES, urgent: bool = True, seconds: float = SECONDS
) -> FileData:
    """The file, whole. No transaction may be open: it waits for a network.

    Raises NotFound, RateLimited (budget, or too many at once), CredentialsRejected, ExternalUnavailable, ExternalError
    with a code of filedata.
    """
    adapter = _adapter(file.message.ticket, urgent=urgent)
    with FETCHING.held() if urgent else nullcontext():
        return asyncio.run(_fetch(adapter, ref_of(file), most, seconds))


async def _fetch(adapter: PlatformAdapter, ref: FileRef, most: int, seconds: float) -> FileData:
    try:
        async with asyncio.timeout(seconds), adapter:
            return await adapter.open_attachment(ref, most=most)
    except TimeoutError as exc:
        raise ExternalUnavailable("the file did not come in time") from exc


def fetch_images(message: Message, wanted: Mapping[str, str | Attachment], *, most: int) -> dict[str, bytes]:
    """{key: bytes} of what could be had in time: by an address in the message's own HTML, or as a file of it.

    No transaction may be open. Raises RateLimited (too many at once), ExternalUnavailable, BadInput: nothing was asked.
    """
    adapter = _adapter(message.ticket, urgent=True)
    refs: dict[str, str | FileRef] = {}
    for key, one in wanted.items():
        if isinstance(one, Attachment):
            one.message = message
        refs[key] = ref_of(one) if isinstance(one, Attachment) else one
    with FETCHING.held():
        return asyncio.run(_fetch_images(adapter, refs, most))


async def _fetch_images(adapter: PlatformAdapter, refs: Mapping[str, str | FileRef], most: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with suppress(TimeoutError, RateLimited):  # what came until then is shown
        async with asyncio.timeout(IMAGES_SECONDS), adapter:
            for key, ref in refs.items():
                with suppress(ExternalError, NotFound):  # one that cannot be had hides no other
                    if isinstance(ref, FileRef):
                        found[key] = (await adapter.open_attachment(ref, most=most)).body
                    else:
                        found[key] = await adapter.open_image(ref, most=most)
    return found


def _adapter(ticket: Ticket, *, urgent: bool) -> PlatformAdapter:
    """Opened before the loop begins: its key is read from the database."""
    if ticket.connection.state != Connection.State.ACTIVE:
        raise ExternalUnavailable("the connection is paused or refused", code=PAUSED)
    return open_adapter(ticket.connection, urgent=urgent)
