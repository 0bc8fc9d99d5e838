"""What the queue page shows: filters with counts, and one page of rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.assistant.models import Brief
from apps.assistant.services import brief_state
from apps.assistant.words import category_words, priority_words
from apps.platforms.models import Group, Ticket

PAGE = 50
VIEWS = ("waiting", "open", "pending", "solved", "closed")


def filtered(given: QueryDict) -> tuple[str, QuerySet[Ticket]]:
    """(view, tickets) for the query string; unknown values fall back to the waiting ones."""
    view = given.get("view", "waiting")
    view = view if view in VIEWS else "waiting"
    tickets = Ticket.objects.waiting() if view == "waiting" else Ticket.objects.shown().filter(status_category=view)
    group, language = given.get("group", ""), given.get("language", "")
    if _is_uuid(group):
        tickets = tickets.filter(group_id=group)
    if language:
        tickets = tickets.filter(language=language)
    return view, tickets


def heading(view: str) -> str:
    return _("All waiting tickets") if view == "waiting" else category_words(view)


def filters(given: QueryDict, view: str) -> dict[str, list[dict[str, Any]]]:
    """The side column: views, groups and languages with counts. Three queries."""
    shown = Ticket.objects.shown()
    counts = dict(shown.values_list("status_category").annotate(n=Count("id")))
    counts["waiting"] = counts.get("open", 0) + counts.get("pending", 0)
    _view, tickets = filtered(QueryDict(urlencode({"view": view})))
    by_group = dict(tickets.values_list("group_id").annotate(n=Count("id")))
    names = dict(Group.objects.filter(pk__in=[key for key in by_group if key]).values_list("pk", "name"))
    by_language = tickets.values_list("language").annotate(n=Count("id")).order_by("-n")
    group, language = given.get("group", ""), given.get("language", "")
    return {
        "views": [_link(heading(one), counts.get(one, 0), {"view": one}, current=one == view and not (group or language)) for one in VIEWS],
        "groups": [
            _link(name, by_group[key], {"view": view, "group": str(key)}, current=str(key) == group)
            for key, name in sorted(names.items(), key=lambda one: one[1])
        ],
        "languages": [_link(code, n, {"view": view, "language": code}, current=code == language) for code, n in by_language if code],
    }  # fmt: skip


def page(given: QueryDict, tickets: QuerySet[Ticket]) -> tuple[list[dict[str, Any]], str]:
    """One page of rows, newest change first, and the query string of the next ('' at the end)."""
    before, last = parse_datetime(given.get("before", "").replace(" ", "+")), given.get("id", "")
    if before is not None and _is_uuid(last):
        tickets = tickets.filter(Q(updated_at__lt=before) | Q(updated_at=before, id__lt=last))
    found = list(tickets.select_related("customer").order_by("-updated_at", "-id")[: PAGE + 1])
    briefs = {brief.ticket_id: brief for brief in Brief.objects.filter(ticket__in=found).defer("data")}
    rows = [_row(ticket, briefs.get(ticket.pk)) for ticket in found[:PAGE]]
    if len(found) <= PAGE:
        return rows, ""
    edge = found[PAGE - 1]
    keep = {name: given[name] for name in ("view", "group", "language") if given.get(name)}
    return rows, urlencode(keep | {"before": edge.updated_at.isoformat(), "id": str(edge.pk)})


def _row(ticket: Ticket, brief: Brief | None) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "state": "off" if ticket.is_solved else brief_state(ticket, brief),
        "priority": priority_words(ticket.priority),
        "mood": brief.mood if brief else "",
        "similar": brief.similar_count if brief else None,
    }


def _link(label: str, count: int, query: dict[str, str], *, current: bool) -> dict[str, Any]:
    return {"label": label, "count": count, "query": urlencode(query), "current": current}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
