"""How tickets hang together: told by answers about a ticket, and of merged ones by a note in their thread."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from apps.ingest.models import Outbox
from apps.ingest.outbox import owe
from apps.platforms.base import MessageData, TicketData
from apps.platforms.models import Connection, Ticket
from apps.platforms.related import TicketLink

MERGED_INTO = TicketLink.Kind.MERGED_INTO
LOOK = 6  # priority: after everything that agents wait for
Pair = tuple[str, str]  # kind, remote id of the other


def store_links(connection: Connection, items: Sequence[TicketData], changed: Collection[str]) -> None:
    """Keep what these answers tell, in the caller's transaction. One that says only that there are some owes a look, when
    its ticket has changed or we know of none. `changed`: numbers of the tickets that did."""
    told = {one.remote_id: {(link.kind, link.remote_id) for link in one.links} for one in items if one.links is not None}
    untold = {one.remote_id for one in items if one.links_untold}
    rows = Ticket.objects.filter(connection=connection, deleted=False, remote_id__in=[*told, *untold])
    held = _held(TicketLink.objects.filter(ticket__in=rows).exclude(kind=MERGED_INTO))
    if not (untold or held or any(told.values())):
        return
    ids = dict(rows.values_list("remote_id", "pk"))
    owe(Outbox.Kind.LOOK, [ids[one] for one in untold & ids.keys() if one in changed or ids[one] not in held], priority=LOOK)
    _keep({ids[one]: pairs for one, pairs in told.items() if one in ids}, held)


def store_merges(threads: Sequence[tuple[Ticket, list[MessageData]]]) -> None:
    """Keep where these tickets went, as the last note of their threads that speaks of it says."""
    said = {ticket.pk: [(one.created_at, one.merged_into) for one in thread if one.merged_into] for ticket, thread in threads}
    held = _held(TicketLink.objects.filter(ticket__in=said, kind=MERGED_INTO))
    _keep({key: {(str(MERGED_INTO), max(notes)[1] or "")} if notes else set() for key, notes in said.items()}, held)


def _held(links: Collection[TicketLink]) -> dict[UUID, dict[Pair, UUID]]:
    found: dict[UUID, dict[Pair, UUID]] = {}
    for link in links:
        found.setdefault(link.ticket_id, {})[link.kind, link.other] = link.pk
    return found


def _keep(told: dict[UUID, set[Pair]], held: dict[UUID, dict[Pair, UUID]]) -> None:
    stale = [key for ticket, links in held.items() for pair, key in links.items() if pair not in told.get(ticket, links)]
    if stale:
        TicketLink.objects.filter(pk__in=stale).delete()
    fresh = [(ticket, *pair) for ticket, pairs in told.items() for pair in sorted(pairs - held.get(ticket, {}).keys())]
    TicketLink.objects.bulk_create(
        [TicketLink(ticket_id=ticket, kind=kind, other=other[:40]) for ticket, kind, other in fresh], ignore_conflicts=True
    )
