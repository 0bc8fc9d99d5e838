"""When the messages of an authored account were written."""

from __future__ import annotations

from simulators.accounts import shapes

_HOUR, _DAY = 3600, 86400


def dated(cases: tuple[shapes.Case, ...], now: int) -> list[tuple[shapes.Case, list[int]]]:
    """Cases by creation with the second of each message, the newest message one hour before `now`."""
    ages: list[tuple[shapes.Case, list[float]]] = []
    for case in cases:
        at, times = -case.days_ago * _DAY, []
        for message in case.message:
            at += message.after.total_seconds() if message.after else 0
            times.append(at)
        ages.append((case, times))
    newest = max((times[-1] for _, times in ages), default=0.0)
    shift = now - _HOUR - newest
    ages.sort(key=lambda pair: pair[1][0])
    return [(case, [int(time + shift) for time in times]) for case, times in ages]
