"""Times in words: how long, how long ago, when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

DAY = timedelta(days=1)
EXACT_HOURS = 3  # from here on minutes only take room


def duration(span: timedelta) -> str:
    """A length of time as exactly as it matters: '38 min', '2 h 5 min', '7 h', '3 days'."""
    minutes = max(0, int(span.total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        # Translators: %(count)s is a number of whole days, 1 or more. Example: 3 days
        return ngettext("%(count)s day", "%(count)s days", hours // 24) % {"count": hours // 24}
    if 0 < hours < EXACT_HOURS and rest:
        # Translators: a length of time. %(hours)s and %(minutes)s are figures. Example: 2 h 5 min
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    if hours:
        # Translators: a length of time in whole hours. Example: 2 h
        return _("%(hours)s h") % {"hours": hours}
    # Translators: a length of time in minutes. Example: 38 min
    return _("%(minutes)s min") % {"minutes": minutes}


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago within a day, the date after that."""
    since = (now or timezone.now()) - moment
    if since < timedelta(minutes=1):
        return _("just now")
    if since < DAY:
        # Translators: %(duration)s is a length of time below one day. Example: 2 h 5 min ago
        return _("%(duration)s ago") % {"duration": duration(since)}
    return day(moment, now)


def day(moment: datetime, now: datetime | None = None) -> str:
    """The date, its year only when it is not this one."""
    same_year = moment.year == (now or timezone.now()).year
    return _written(moment, "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT")


def moment_in_words(moment: datetime, now: datetime | None = None) -> str:
    """Date and clock time, for a message."""
    time = _written(moment, "TIME_FORMAT")
    # Translators: a date and a clock time. Example: 19 Nov, 09:12
    return _("%(date)s, %(time)s") % {"date": day(moment, now), "time": time}


def exact(moment: datetime) -> str:
    """Everything about a moment, with its zone, for a tooltip."""
    return f"{_written(moment, 'DATETIME_FORMAT')} {timezone.localtime(moment):%Z}"


def _written(moment: datetime, named: str) -> str:
    """By a format of the reader's language. No format can say it: in French the first of a month is an ordinal."""
    text = date_format(timezone.localtime(moment), named)
    return f"1er{text[1:]}" if get_language() == "fr" and text.startswith("1 ") else text
