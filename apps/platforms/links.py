"""Where a mirrored ticket is read in its helpdesk."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from apps.platforms.models import Connection
from apps.platforms.registry import adapter_class


@dataclass(frozen=True, slots=True)
class RemotePage:
    """A page of the helpdesk and the helpdesk's name."""

    url: str
    platform: str


def ticket_page(connection: Connection, remote_id: str) -> RemotePage | None:
    """The ticket's page, or None when the platform has none or the connection's address is no web address."""
    adapter = adapter_class(connection.platform)
    url = _page(connection, adapter.ticket_path, remote_id)
    return RemotePage(url=url, platform=adapter.label) if url else None


def customer_page(connection: Connection, remote_id: str) -> str:
    """Where the customer reads the ticket; "" where we do not know."""
    return _page(connection, adapter_class(connection.platform).customer_path, remote_id)


def _page(connection: Connection, path: str, remote_id: str) -> str:
    base = urlsplit(str(connection.config.get("base_url", "")))
    if not path or base.scheme not in ("https", "http") or not base.netloc:
        return ""
    return f"{base.scheme}://{base.netloc}{path.format(remote_id=quote(remote_id, safe=''))}"
