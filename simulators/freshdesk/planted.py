"""Where the words stand that were put into an account on purpose, as its texts are now."""

from __future__ import annotations

from typing import Any

from simulators.freshdesk.records import Entry, Ticket
from simulators.freshdesk.world import World


def planted(world: World, rows: list[Ticket], threads: dict[int, list[Entry]]) -> list[dict[str, Any]]:
    """Ticket, entry (None: the first message), kind, text, start and end in characters of the plain text.

    Words that were edited away or deleted are not told; words whose entry went to another ticket are told there.
    """
    homes = {entry.id: (row.id, entry.body_text) for row in rows for entry in threads[row.id]}
    found = []
    for row in rows:
        if row.id > world.first_top:
            continue
        for one in world.origin.planted(row.id):
            home, text = (row.id, row.description_text) if one.entry is None else homes.get(one.entry, (0, ""))
            start = text.find(one.text)
            if start >= 0:
                found.append({
                    "ticket": home, "entry": one.entry, "kind": one.kind, "text": one.text, "start": start,
                    "end": start + len(one.text),
                })  # fmt: skip
    return found
