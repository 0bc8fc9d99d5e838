"""How a ticket hangs together with others, as the port tells it; knows no Django."""

from __future__ import annotations

from typing import Literal

from apps.platforms.items import Item

# What the other ticket is to this one. A tracker gathers tickets of one cause; those are its related ones.
LinkKind = Literal["parent", "child", "tracker", "related"]


class LinkData(Item):
    """Another ticket of the same account, by its number. It may be unknown to us for ever."""

    kind: LinkKind
    remote_id: str


class TicketBeside(Item):
    """What an answer may tell of a ticket beside its own fields: None where it does not. A difference is no change of the
    ticket's words: nothing is read again for it, and `raw_hash` leaves it out."""

    links: tuple[LinkData, ...] | None = None  # not where it was merged into: its thread says so
    product_id: str | None = None  # "": of none
    firm_id: str | None = None  # the customer's company; a difference of this one counts as a change
    links_untold: bool = False  # there are some, and this answer does not say which
