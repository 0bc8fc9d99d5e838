"""How soon a feed is read again: an account in which much happens more often, one that is quiet (at night) less often.

Between the two bounds of the settings, and never so often that looking for news takes more than a small part of what the
account allows in a minute. Pure.
"""

from __future__ import annotations

LOOKS_SHARE = 0.05  # of the calls an account allows, for the looks of one feed that brings nothing
WINDOW = 60.0  # seconds: the limits of all known helpdesks are a minute's
BUSIEST, QUIETEST = -3, 60  # where the pace ends
# from this pace on -> times the usual interval
FACTORS = ((40, 4.0), (15, 2.0), (5, 1.5), (0, 1.0), (-1, 0.5), (BUSIEST, 0.25))


def next_pace(pace: int, *, news: bool) -> int:
    """One pass more: with news the account counts as busy at once, without it grows quiet slowly."""
    return max(BUSIEST, min(pace, 0) - 1) if news else min(QUIETEST, max(pace, 0) + 1 if pace >= 0 else 0)


def interval(usual: float, pace: int, *, fastest: float, slowest: float, calls_per_minute: float | None) -> float:
    """Seconds until the next pass. `usual` of the feed; one that is read seldom anyway has its own slowest."""
    wanted = usual * next(factor for least, factor in FACTORS if pace >= least)
    bounded = min(max(wanted, min(fastest, usual)), max(slowest, usual))
    least = WINDOW / (LOOKS_SHARE * calls_per_minute) if calls_per_minute else usual
    return max(bounded, least)
