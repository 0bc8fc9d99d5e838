"""Files as the port hands them over; knows no Django. A link to one is never part of it: it is signed and dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from apps.core.errors import NotFound

MOST_BYTES = 20 * 1024 * 1024  # what a helpdesk takes for one message; a larger file is not read
TOO_LARGE, INCOMPLETE, GONE = "file_too_large", "file_incomplete", "file_gone"  # codes of what can become of one


@dataclass(frozen=True, slots=True)
class FileRef:
    """One file by the helpdesk's own ids. `message_id`: None for those of the first message; `place`: of that message
    in its thread from 1 on, 0 where it is not known; `archived`: where the ticket is thought to be."""

    ticket_id: str
    message_id: str | None
    remote_id: str
    place: int = 0
    archived: bool = False


@dataclass(frozen=True, slots=True)
class FileData:
    """A file, whole. Its name and kind are what the helpdesk says: the bytes decide."""

    name: str
    content_type: str
    body: bytes = field(repr=False)


class OpensFiles:
    """The part of the port that opens files. A helpdesk that cannot leaves it as it is."""

    kind: ClassVar[str]

    async def open_attachment(self, ref: FileRef, *, most: int) -> FileData:
        """A file of at most so many bytes, by a link that is asked for anew. Raises NotFound when it is not there any
        more, ExternalError with a code of this module."""
        raise NotFound(f"{self.kind} cannot open files", code=GONE)

    async def open_image(self, url: str, *, most: int) -> bytes:
        """What a message's own HTML shows by that address, of the helpdesk's host. Raises NotFound at any other."""
        raise NotFound(f"{self.kind} has no images in messages", code=GONE)
