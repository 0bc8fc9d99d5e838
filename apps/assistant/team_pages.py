"""What people of the company thought of what the assistant showed them: for leads, with counts by reason. To look at only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from apps.accounts.access import allow
from apps.accounts.reach import Reach
from apps.assistant.models import Feedback
from apps.platforms.models import in_reach
from apps.platforms.reach import reach_of

PAGE = 25
NO_REASON = "none"  # of the query string: what did not help, without a reason
LONGEST = 100  # units of the longest bar


@dataclass(frozen=True, slots=True)
class Query:
    """The query string of the page, cleaned: an unknown value counts as none. `value`: up | down; `reason`: of a down."""

    kind: str = ""
    value: str = ""
    reason: str = ""

    @classmethod
    def read(cls, given: QueryDict) -> Query:
        return cls(
            kind=_known(given.get("kind", ""), Feedback.Kind.values), value=_known(given.get("value", ""), ("up", "down")),
            reason=_known(given.get("reason", ""), (*Feedback.Reason.values, NO_REASON)),
        )  # fmt: skip

    def url(self, **changes: str) -> str:
        changed = replace(self, **changes)
        return "?" + urlencode({one.name: value for one in fields(self) if (value := getattr(changed, one.name))})

    @property
    def narrowed(self) -> bool:
        return any((self.kind, self.value, self.reason))

    def chosen(self, rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.value:
            rows = rows.filter(helpful=self.value == "up")
        if self.reason:
            rows = rows.filter(helpful=False, reason="" if self.reason == NO_REASON else self.reason)
        return rows


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the chart. `length`: 0 to LONGEST; the number beside it says the same."""

    label: str
    url: str
    count: int
    length: int
    current: bool


@allow("feedback.read")
@require_GET
def team_feedback(request: HttpRequest) -> HttpResponse:
    """Newest first. Words on tickets out of the reader's reach are neither listed nor counted."""
    query = Query.read(request.GET)
    rows = within(Feedback.objects.all(), reach_of(request.user))
    counts = _counts(rows)
    found = list(_after(query.chosen(rows), request.GET.get("after", "")).select_related("ticket", "similar", "user")[: PAGE + 1])
    total = sum(count for (kind, helpful, reason), count in counts.items() if _counted(query, kind, helpful, reason))
    return render(request, "assistant/team_feedback.html", {
        "section": "team", "query": query, "rows": found[:PAGE], "any": bool(counts), "filters": _filters(query),
        "bars": _bars(query, counts), "kinds": _kinds(query, counts), "plain": Query().url(),
        "more": f"{query.url()}&after={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        "first": query.url() if "after" in request.GET else "",
        # Translators: how many times feedback was given. Example: 12 times
        "told": ngettext("%(count)s time", "%(count)s times", total) % {"count": total},
    })  # fmt: skip


def within(rows: QuerySet[Feedback], reach: Reach) -> QuerySet[Feedback]:
    """Of what somebody of this reach may read: where it was shown, and what it names. Answers may belong to no ticket."""
    if not reach.limited:
        return rows
    for ticket in ("ticket", "similar"):
        rows = rows.filter(Q(**{f"{ticket}__isnull": True}) | in_reach(reach, f"{ticket}__"))
    return rows


def _counts(rows: QuerySet[Feedback]) -> dict[tuple[str, bool, str], int]:
    """{(kind, helpful, reason): how often}"""
    found = rows.order_by().values_list("kind", "helpful", "reason").annotate(Count("pk"))
    return {(kind, helpful, reason): count for kind, helpful, reason, count in found}


def _counted(query: Query, kind: str, helpful: bool, reason: str) -> bool:
    return (
        query.kind in ("", kind)
        and query.value in ("", "up" if helpful else "down")
        and (not query.reason or (not helpful and query.reason == (reason or NO_REASON)))
    )


def _after(rows: QuerySet[Feedback], after: str) -> QuerySet[Feedback]:
    """Those behind the row of this id, in the order of the page; all for an id that is none."""
    try:
        last = Feedback.objects.filter(pk=UUID(after)).values_list("updated_at", flat=True).first()
    except ValueError:
        last = None
    return rows if last is None else rows.filter(Q(updated_at__lt=last) | Q(updated_at=last, pk__lt=UUID(after)))


def _bars(query: Query, counts: dict[tuple[str, bool, str], int]) -> list[Bar]:
    """What did not help, by reason, the commonest first; of the kind that is chosen."""
    by_reason: Counter[str] = Counter()
    for (kind, helpful, reason), count in counts.items():
        if not helpful and query.kind in ("", kind):
            by_reason[reason or NO_REASON] += count
    names = dict(Feedback.Reason.choices) | {NO_REASON: _("No reason given")}
    most = max(by_reason.values(), default=1)
    return [
        Bar(str(names[one]), query.url(value="down", reason=one), count, max(1, LONGEST * count // most), one == query.reason)
        for one, count in sorted(by_reason.items(), key=lambda row: (-row[1], row[0]))
    ]


def _kinds(query: Query, counts: dict[tuple[str, bool, str], int]) -> list[dict[str, Any]]:
    """How often each kind of thing helped, and how often not."""
    found = []
    for kind, label in Feedback.Kind.choices:
        yes, no = (sum(n for (of, helpful, _r), n in counts.items() if of == kind and helpful is wanted) for wanted in (True, False))
        if yes or no:
            found.append({"label": label, "url": query.url(kind=kind, reason=""), "helpful": yes, "unhelpful": no})
    return found


def _filters(query: Query) -> list[dict[str, Any]]:
    """The menus of filters: what is chosen, and the links to choose another."""
    values = [("up", _("Helpful")), ("down", _("Not helpful"))]
    reasons = [*Feedback.Reason.choices, (NO_REASON, _("No reason given"))]
    return [
        _menu(query, "kind", _("Anything shown"), list(Feedback.Kind.choices)),
        _menu(query, "value", _("Any feedback"), values),
        _menu(query, "reason", _("Any reason"), reasons),
    ]


def _menu(query: Query, name: str, anything: str, options: list[tuple[str, str]]) -> dict[str, Any]:
    chosen = getattr(query, name)
    links = [
        {"label": label, "url": query.url(**{name: value}), "current": value == chosen} for value, label in [("", anything), *options]
    ]
    label = next(one["label"] for one in links if one["current"])
    return {"label": label, "chosen": bool(chosen), "links": links}


def _known(value: str, known: Any) -> str:
    return value if value in known else ""
