"""How Freshdesk's tickets hang together: fields of a ticket, and the note that a merge leaves (contract 2.2)."""

from __future__ import annotations

import re
from typing import Any

from apps.platforms.adapters.freshdesk import payloads as wire
from apps.platforms.linkdata import LinkData, LinkKind

FIELDS = {"association_type", "associated_tickets_list"}
# by what this ticket is: what the others are to it
_OTHERS: dict[int, LinkKind] = {1: "child", 2: "parent", 3: "related", 4: "tracker"}
# The words of the product. No field says it; whoever merges may write others, and then nobody knows [inferred].
_MERGED = re.compile(r"This ticket is closed and merged into ticket\s+#?(\d{1,18})\b", re.IGNORECASE)


def told(row: wire.Ticket, *, listed: bool) -> dict[str, Any]:
    """`links` and `links_untold` of the port. A list may say that there are others and leave out which."""
    if "association_type" not in row.model_fields_set:
        return {}
    kind = _OTHERS.get(row.association_type or 0)
    if kind is None:
        return {"links": ()}
    if row.associated_tickets_list is None:
        return {"links_untold": listed}
    others = dict.fromkeys(str(number) for number in row.associated_tickets_list if number != row.id)
    return {"links": tuple([LinkData(kind=kind, remote_id=number) for number in others])}


def merged_into(row: wire.Conversation) -> str | None:
    """The ticket that this entry says its own was merged into: only a note among agents is believed."""
    if row.incoming or row.private is not True:
        return None
    found = _MERGED.match(row.body_text.strip())
    return found[1] if found and int(found[1]) != row.ticket_id else None
