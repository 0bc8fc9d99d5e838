"""Where a mirrored ticket is read in its helpdesk."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.platforms.models import Connection
from apps.platforms.registry import adapter_class

TICKET_PATHS = {"freshdesk": "/a/tickets/{remote_id}"}
CUSTOMER_PATHS = {"freshdesk": "/support/tickets/{remote_id}"}


@dataclass(frozen=True, slots=True)
class RemotePage:
    """A page of the helpdesk and the helpdesk's name."""

    url: str
    platform: str


def ticket_page(connection: Connection, remote_id: str) -> RemotePage | None:
    """The ticket's page, or None when the platform has none or the connection's address is no web address."""
    base = urlsplit(str(connection.config.get("base_url", "")))
    path = TICKET_PATHS.get(connection.platform)
    if path is None or base.scheme not in ("https", "http") or not base.netloc:
        return None
    return RemotePage(
        url=f"{base.scheme}://{base.netloc}{path.format(remote_id=remote_id)}",
        platform=adapter_class(connection.platform).label,
    )


def customer_page(connection: Connection, remote_id: str) -> str:
    """Where the customer reads the ticket; "" where we do not know."""
    base = urlsplit(str(connection.config.get("base_url", "")))
    path = CUSTOMER_PATHS.get(connection.platform)
    if path is None or base.scheme not in ("https", "http") or not base.netloc:
        return ""
    return f"{base.scheme}://{base.netloc}{path.format(remote_id=remote_id)}"
