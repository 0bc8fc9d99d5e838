"""Images of a message that lie in the helpdesk: brought when somebody wants to see them, and put into the page itself.

The frame that shows a message has no origin, so an address of ours would be asked for without the session, and one that
works without it would open the image for whoever holds it. As a part of the page it needs neither, and the page still
loads nothing at all. What its bytes do not prove to be an image is not shown.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from apps.core.errors import AppError
from apps.core.filetypes import image_type
from apps.core.text import helpdesk_images
from apps.platforms.fetching import fetch_images
from apps.platforms.models import Attachment, Message
from apps.tenancy.cache import MISS, declare

MOST = 12  # images of a message
BYTES_OF_ONE, BYTES_OF_ALL = 3 * 1024 * 1024, 10 * 1024 * 1024
# Blocking and showing again need not ask twice. Of a size that mails are illustrated with; larger ones are asked for again.
SEEN = declare("assistant.images", seconds=120, most=40, most_bytes=1024 * 1024)


def images_of(message: Message) -> dict[str, str]:
    """{address in the message's HTML: the image as a data: address}, of what could be had. No transaction may be open."""
    wanted = helpdesk_images(message.html)[:MOST]
    shown = {one: kept for one in wanted if (kept := SEEN.get(*_key(message, one))) is not MISS}
    missing = [one for one in wanted if one not in shown]
    room = BYTES_OF_ALL - sum(map(len, shown.values()))
    for address, body in _fetched(message, missing).items():
        kind = image_type(body)
        if kind is None or len(body) > room:
            continue
        room -= len(body)
        shown[address] = f"data:{kind};base64,{b64encode(body).decode()}"
        SEEN.put(*_key(message, address), value=shown[address])
    return shown


def _fetched(message: Message, addresses: list[str]) -> Mapping[str, bytes]:
    """Nothing where the helpdesk cannot be asked: the page says what is not shown."""
    wanted: dict[str, str | Attachment] = {}
    parts = {one.name.lower(): one for one in message.attachments.defer("text")} if addresses else {}
    for address in addresses:
        if address[:4].lower() != "cid:":
            wanted[address] = address
        elif (part := parts.get(name_of(address))) is not None:
            wanted[address] = part
    try:
        return fetch_images(message, wanted, most=BYTES_OF_ONE) if wanted else {}
    except AppError:
        return {}


def name_of(address: str) -> str:
    """(pure) The file a part of a mail is called by: mail programs write its name before a mark of their own."""
    return address[4:].strip("<> ").partition("@")[0].lower()


def _key(message: Message, address: str) -> tuple[str, str]:
    return str(message.pk), hashlib.sha256(address.encode()).hexdigest()
