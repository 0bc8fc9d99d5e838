"""Times in words: how long, how long ago, when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY = timedelta(days=1)


def duration(span: timedelta) -> str:
    """A length of time in its two largest useful units: '38 min', '2 h 5 min', '3 days'."""
    minutes = max(0, int(span.total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    if hours >= 24:
        # Translators: %(count)s is a number of whole days, 1 or more. Example: 3 days
        return ngettext("%(count)s day", "%(count)s days", hours // 24) % {"count": hours // 24}
    if hours and rest:
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
    return date_format(timezone.localtime(moment), "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT")


def moment_in_words(moment: datetime, now: datetime | None = None) -> str:
    """Date and clock time, for a message."""
    time = date_format(timezone.localtime(moment), "TIME_FORMAT")
    # Translators: a date and a clock time. Example: November 19, 9:12 a.m.
    return _("%(date)s, %(time)s") % {"date": day(moment, now), "time": time}


def exact(moment: datetime) -> str:
    """Everything about a moment, with its zone, for a tooltip."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"
