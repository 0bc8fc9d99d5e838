"""What the sync page says, made of the figures of progress.py. Lengths of bars are text: they stand in attributes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.core.templatetags.deskhand import language_name, percent
from apps.ingest.models import StageTime
from apps.ingest.outbox import BEHIND
from apps.ingest.sync_words import feed_words, kind_words, resource_words, span, trouble_words
from apps.platforms.models import Connection

OFTEN, SELDOM = 4, 30  # seconds between two looks of an open page: while something moves, while nothing does
ONCE = timedelta(days=3650)  # what is next looked at later than this was read once and for all
LATE = 60.0  # seconds that work may be due before it counts as late
CHART_HEIGHT = 72


@dataclass(frozen=True, slots=True)
class Sign:
    """A word on a state, with the look it has everywhere."""

    state: str  # ready | live | thin | error | off
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Light:
    """One part of the site: works (ok), with trouble (warn), not at all (bad)."""

    name: str
    tone: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of things. None: not known, or not a thing of the index."""

    name: str
    source: int | None
    source_at: datetime | None
    mirrored: int
    indexed: int | None
    sign: Sign


@dataclass(frozen=True, slots=True)
class Bar:
    """A week or month of the chart, in per cent of its width and in pixels; `read` is the solid part."""

    x: str
    width: str
    y: str
    height: str
    read_y: str
    read_height: str
    title: str


def every(found: dict[str, Any]) -> int:
    """Seconds until an open page asks again; 0: it need not."""
    active = [one for one in found["connections"] if one["state"] == Connection.State.ACTIVE]
    calm = all(feed["first_completed_at"] and not feed["last_error"] for feed in found["feeds"])
    if found["done"] and calm and not found["held"] and not found["failing"]:
        return 0
    waits = (found["owed_age_s"] or 0) > LATE
    return OFTEN if active and not waits and not found["done"] else SELDOM


def lights(found: dict[str, Any], *, index: bool, cache: bool) -> list[Light]:
    return [_helpdesk(found["connections"]), _work(found), _index(found, there=index), _cache(there=cache)]


def _helpdesk(connections: list[dict[str, Any]]) -> Light:
    name, states = _("Helpdesk"), {one["state"] for one in connections}
    if Connection.State.REJECTED in states:
        return Light(name, "bad", _("Key refused"), _("Whoever runs this installation must enter a new one."))
    calls = "; ".join(_calls(one) for one in connections)
    if any(one["slow"] or one["bad_calls"] for one in connections):
        return Light(name, "warn", _("Does not answer, or late"), calls)
    if Connection.State.PAUSED in states:
        return Light(name, "warn", _("Paused"), calls)
    return Light(name, "ok", _("Working"), calls)


def _calls(one: dict[str, Any]) -> str:
    """The rate that is left, as the account last told it."""
    if one["rests_s"]:
        # Translators: nobody calls the helpdesk for so long. Example: No calls for 40 s
        return _("No calls for %(time)s") % {"time": span(one["rests_s"])}
    if one["calls_left"] is None or one["calls_per_minute"] is None:
        return _("Calls left: not known yet")
    figures = {"left": _number(one["calls_left"]), "total": _number(one["calls_per_minute"])}
    # Translators: both are numbers. Example: 612 of 3,000 calls left this minute
    return _("%(left)s of %(total)s calls left this minute") % figures


def _work(found: dict[str, Any]) -> Light:
    name, count, age = _("Background work"), sum(found["owed"].values()), found["owed_age_s"] or 0
    if not count:
        return Light(name, "ok", _("Working"), _("Nothing waits."))
    # Translators: %(count)s tasks; the oldest is due for %(time)s. Example: 14 waiting, oldest 3 s
    waiting = ngettext("%(count)s waiting, oldest %(time)s", "%(count)s waiting, oldest %(time)s", count) % {
        "count": _number(count), "time": span(age),
    }  # fmt: skip
    late = age > LATE and set(found["owed"]) - set(BEHIND)
    return Light(name, "warn" if late else "ok", _("Late") if late else _("Working"), waiting)


def _index(found: dict[str, Any], *, there: bool) -> Light:
    name, count = _("Search engine"), found["chunks"]
    if not there:
        return Light(name, "bad", _("Not reachable"), _("Search goes by words until it is back. Nothing is lost."))
    # Translators: %(count)s is a number of pieces of text that can be found. Example: 214,880 passages
    passages = ngettext("%(count)s passage", "%(count)s passages", count) % {"count": _number(count)}
    return Light(name, "ok", _("Working"), passages)


def _cache(*, there: bool) -> Light:
    if there:
        return Light(_("Cache"), "ok", _("Working"), "")
    return Light(_("Cache"), "bad", _("Not reachable"), _("Pages work. The helpdesk is not called until it is back."))


def connection_told(one: dict[str, Any], found: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """Everything the page shows of one connection."""
    feeds = [feed for feed in found["feeds"] if feed["account"] == one["account"]]
    tickets = next((row for row in one["resources"] if row["name"] == "tickets"), None)
    reading = any(feed["first_completed_at"] is None for feed in feeds)
    return one | {
        "sign": _state(one, feeds),
        "calls": _calls(one),
        "lines": [_line(row, reading=reading) for row in one["resources"]],
        "feeds": [feed | {"name": feed_words(feed["feed"]), "sign": _feed(feed, moment), "again": feed["next_at"] < moment + ONCE} for feed in feeds],
        "held": sum(feed["held"] for feed in feeds),
        "looked_at": max((feed["completed_at"] for feed in feeds if feed["completed_at"]), default=None),
        "share": _share(tickets) if tickets else None,
        "chart": _chart(one["bars"], one["by"]),
        "can_pause": one["state"] == Connection.State.ACTIVE,
        "can_resume": one["state"] == Connection.State.PAUSED,
    }  # fmt: skip


def _state(one: dict[str, Any], feeds: list[dict[str, Any]]) -> Sign:
    if one["state"] == Connection.State.REJECTED:
        return Sign("error", "error", trouble_words(one["last_error"] or "credentials_rejected"))
    if one["state"] == Connection.State.PAUSED:
        return Sign("off", "pause", _("Paused"))
    if any(feed["first_completed_at"] is None for feed in feeds):
        return Sign("live", "refresh", _("First sync under way"))
    if any(feed["failures"] for feed in feeds):
        return Sign("thin", "warn", _("Sync delayed"))
    return Sign("ready", "ready", _("Complete"))


def _line(row: dict[str, Any], *, reading: bool) -> Line:
    name = resource_words(row["name"])
    if row["language"]:
        # Translators: a kind of things and a language. Example: Articles, German
        name = _("%(things)s, %(language)s") % {"things": name, "language": language_name(row["language"])}
    missing = None if row["indexed"] is None else row["mirrored"] - row["indexed"]
    at = datetime.fromisoformat(row["source_at"]) if row["source_at"] else None
    if missing:
        # Translators: %(count)s is a number of tickets or articles. Example: To index: 14
        sign = Sign("live", "refresh", _("To index: %(count)s") % {"count": _number(missing)})
    elif reading and row["name"] != "articles":
        sign = Sign("live", "refresh", _("Being read"))
    else:
        sign = Sign("ready", "ready", _("Complete"))
    return Line(name, row["source"], at, row["mirrored"], row["indexed"], sign)


def _feed(feed: dict[str, Any], moment: datetime) -> Sign:
    if feed["last_error"]:
        return Sign("thin", "warn", trouble_words(feed["last_error"]))
    if feed["reading"]:
        return Sign("live", "refresh", _("Being read"))
    if feed["first_completed_at"] is None:
        return Sign("live", "clock", _("Waits its turn"))
    if feed["completed_at"] is None:
        return Sign("off", "clock", _("Not yet due"))
    return Sign("ready", "ready", _("Complete"))


def _share(row: dict[str, Any]) -> dict[str, Any]:
    """Indexed and mirrored as parts of what the helpdesk has; of what is here while that is not known."""
    indexed, mirrored = row["indexed"] or 0, row["mirrored"]
    whole = max(row["source"] or 0, mirrored, 1)
    solid, hatched = indexed / whole, (mirrored - indexed) / whole
    figures = {"indexed": percent(solid), "mirrored": percent(hatched), "rest": percent(1 - solid - hatched)}
    return {
        "known": row["source"] is not None,
        "indexed": f"{100 * solid:.2f}%", "mirrored": f"{100 * hatched:.2f}%", "at": f"{100 * (solid + hatched):.2f}%",
        "rest": f"{max(0.0, 100 * (1 - solid - hatched)):.2f}%",
        # Translators: shares of all tickets. Example: indexed 52 %, mirrored only 11 %, still at the helpdesk 37 %
        "label": _("indexed %(indexed)s, mirrored only %(mirrored)s, still at the helpdesk %(rest)s") % figures,
        "done": percent(solid),
    }  # fmt: skip


def _chart(bars: list[dict[str, Any]], by: str) -> dict[str, Any] | None:
    """Tickets by the week or month they were created: the solid part has its thread. None: there are too few bars."""
    if len(bars) < 2:
        return None
    most, step = max(bar["count"] for bar in bars), 100 / len(bars)
    days = [date.fromisoformat(bar["begins"]) for bar in bars]
    shown = [_bar(bar, day, number * step, step * 0.78, most, by) for number, (bar, day) in enumerate(zip(bars, days, strict=True))]
    figures = {
        "count": _number(sum(bar["count"] for bar in bars)), "read": _number(sum(bar["read"] for bar in bars)),
        "first": _day(days[0], by), "last": _day(days[-1], by),
    }  # fmt: skip
    # Translators: alternative text of a chart. Example: 1,240 tickets created from Mar 2026 to Nov 2026, 1,100 with thread
    label = _("%(count)s tickets created from %(first)s to %(last)s, %(read)s with their thread") % figures
    title = _("Tickets by week of creation") if by == "week" else _("Tickets by month of creation")
    return {"bars": shown, "first": figures["first"], "last": figures["last"], "most": _number(most), "label": label, "title": title}


def _bar(bar: dict[str, Any], day: date, x: float, width: float, most: int, by: str) -> Bar:
    height, read = (CHART_HEIGHT * bar[name] / most for name in ("count", "read"))
    height = max(height, 1.0)
    title = f"{_day(day, by)}: {_number(bar['count'])}"
    return Bar(
        f"{x:.2f}%", f"{width:.2f}%", f"{CHART_HEIGHT - height:.1f}", f"{height:.1f}",
        f"{CHART_HEIGHT - read:.1f}", f"{read:.1f}", title,
    )  # fmt: skip


def _day(day: date, by: str) -> str:
    return date_format(day, "MONTH_DAY_FORMAT" if by == "week" and day.year == timezone.localdate().year else "YEAR_MONTH_FORMAT")


def troubles(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What fails and what was set aside, by kind and reason; the latter can be tried again by hand."""
    failing = [row | {"aside": False} for row in found["failures"]]
    rows = [*[row | {"aside": True} for row in found["dead"]], *failing]
    return [row | {"what": kind_words(row["kind"]), "why": trouble_words(row["code"])} for row in rows]


def stages(found: dict[str, Any]) -> list[dict[str, Any]]:
    """How long each step of the work takes, where it is measured; bars as parts of the slowest."""
    rows = found.get("stages") or []
    most = max((row["p95_s"] or 0 for row in rows), default=0) or 1
    return [
        row | {"name": StageTime.Stage(row["stage"]).label, "length": f"{100 * (row['mean_s'] or 0) / most:.1f}%", "long": f"{100 * (row['p95_s'] or 0) / most:.1f}%",
               "mean": _seconds(row["mean_s"]), "p95": _seconds(row["p95_s"]), "last": _seconds(row["last_s"])}
        for row in rows
    ]  # fmt: skip


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value < 1:
        # Translators: a length of time in thousandths of a second. Example: 38 ms
        return pgettext("time", "%(count)s ms") % {"count": round(1000 * value)}
    return span(value)


def _number(value: float) -> str:
    return number_format(round(value), force_grouping=True)
