"""How a helpdesk is met outside its API: the pages of a ticket, how people name one, what it calls us with; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from apps.core.errors import NotFound


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogues; whoever shows it translates it."""
    return text


class MetOutside:
    """The part of the port that says so. What a helpdesk does not have it leaves as it is."""

    ids_are_numbers: ClassVar[bool] = False  # remote ids of tickets have digits alone
    ticket_path: ClassVar[str] = ""  # of a ticket's page behind the origin in `base_url`, with {remote_id}; "": no page
    customer_path: ClassVar[str] = ""  # where its customer reads it
    key_help: ClassVar[str] = "Check the key."  # said when one is refused
    push_wrapper: ClassVar[str] = ""  # the member of a webhook's body in which its content lies
    push_steps: ClassVar[tuple[str, ...]] = ()  # what an admin does there to have it call us; %(header)s is our header's name
    push_example: ClassVar[str] = '{"ticket_id": "…"}'  # a body

    @classmethod
    def push_script(cls, url: str, key: str) -> str:
        """What an admin pastes there to have it call that address, each call signed with the key. The key is a secret."""
        raise NotFound("this helpdesk signs no calls", code="not_offered")

    @classmethod
    def read_push(cls, headers: Mapping[str, str], body: bytes, key: str, now: datetime) -> tuple[str, ...]:
        """(pure) Remote ids of the tickets that a signed call names. Raises Forbidden when it is not signed with the key, or
        not now."""
        raise NotFound("this helpdesk signs no calls", code="not_offered")
