"""Links between tickets as a set that two ends can be compared by."""

from __future__ import annotations

from collections.abc import Iterable

from apps.assistant.linked import BACK


def linked(told: Iterable[Iterable[str]], shown: Iterable[str]) -> set[tuple[str, str, str]]:
    """(ticket, what the other is to it, other) between tickets that are shown, as either end tells them."""
    pairs = {(ticket, kind, other) for ticket, kind, other in told}
    pairs |= {(other, BACK[kind], ticket) for ticket, kind, other in pairs}
    return {one for one in pairs if one[0] in shown and one[2] in shown}
