"""What the queue page shows: filters with counts, and one page of rows in the wanted order."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import may
from apps.accounts.reach import Reach
from apps.assistant.models import Brief, SavedView
from apps.assistant.pages import Due, due_of
from apps.assistant.reaching import similar_counts
from apps.assistant.services import brief_state
from apps.assistant.sql import count_sides
from apps.assistant.words import category_words, priority_words, state_words
from apps.core.templatetags.deskhand import language_name
from apps.platforms.agents import agents_of
from apps.platforms.models import Group, Ticket
from apps.platforms.products import Product

PAGE = 50
STATUSES = ("waiting", "open", "pending", "solved", "closed")
SOLVED = (Ticket.Category.SOLVED, Ticket.Category.CLOSED)
STATES = {"ready": "ready", "ask": "ask", "thin": "thin", "stale": "stale", "preparing": "made"}  # state -> icon
PRIORITIES = ("4", "3", "2", "1")
TAG_LIMIT = 100  # characters
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # stands for "no deadline" where rows are ordered by it


@dataclass(frozen=True, slots=True)
class Filters:
    """The query string of the queue, cleaned: an unknown value counts as none."""

    status: str = "waiting"
    view: str = ""  # mine | unassigned
    state: str = ""
    group: str = ""
    product: str = ""
    priority: str = ""  # 1 to 4
    language: str = ""
    tag: str = ""
    firm: str = ""  # the customer's company
    sort: str = "recent"  # recent | due

    @classmethod
    def read(cls, given: QueryDict) -> Filters:
        group, product, firm = given.get("group", ""), given.get("product", ""), given.get("firm", "")
        return cls(
            status=_one_of(given.get("status", ""), STATUSES, "waiting"),
            view=_one_of(given.get("view", ""), ("mine", "unassigned"), ""),
            state=_one_of(given.get("state", ""), tuple(STATES), ""),
            group=group if _is_uuid(group) else "",
            product=product if _is_uuid(product) else "",
            priority=_one_of(given.get("priority", ""), PRIORITIES, ""),
            language=given.get("language", "")[:12],
            tag=given.get("tag", "").replace("\0", "")[:TAG_LIMIT],
            firm=firm if _is_uuid(firm) else "",
            sort=_one_of(given.get("sort", ""), ("recent", "due"), "recent"),
        )

    @classmethod
    def of(cls, query: str) -> Filters:
        """Those of a query string."""
        return cls.read(QueryDict(query))

    def query(self, **changes: str) -> str:
        """The query string of these filters with some changed; defaults are left out."""
        changed, plain = replace(self, **changes), Filters()
        values = {one.name: getattr(changed, one.name) for one in fields(changed)}
        return urlencode({name: value for name, value in values.items() if value != getattr(plain, name)})

    @property
    def narrowed(self) -> bool:
        """Whether anything beyond the status hides tickets."""
        return any((self.view, self.state, self.group, self.product, self.priority, self.language, self.tag, self.firm))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue."""

    ticket: Ticket
    state: str
    priority: str
    due: Due | None
    mood: str = ""
    similar: int | None = None


def tickets_of(filters: Filters, person: User, reach: Reach) -> QuerySet[Ticket]:
    """The tickets within reach that these filters show."""
    tickets = by_status(filters.status, reach)
    if filters.view == "mine":
        tickets = tickets.filter(agent_id__in=agents_of(person))
    elif filters.view == "unassigned":
        tickets = tickets.filter(agent=None)
    if filters.group:
        tickets = tickets.filter(group_id=filters.group)
    if filters.product:
        tickets = tickets.filter(product_id=filters.product)
    if filters.firm:
        tickets = tickets.filter(firm_id=filters.firm)
    if filters.priority:
        tickets = tickets.filter(priority=int(filters.priority))
    if filters.tag:
        tickets = tickets.filter(tags__contains=[filters.tag])
    if filters.language:
        tickets = tickets.filter(language=filters.language)
    return with_state(tickets).filter(assistant_state=filters.state) if filters.state else tickets


def by_status(status: str, reach: Reach) -> QuerySet[Ticket]:
    if status == "waiting":
        return Ticket.objects.waiting().within(reach)
    return Ticket.objects.shown().within(reach).filter(status_category=status)


def with_state(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """services.brief_state as SQL, to count and filter by it."""
    return tickets.annotate(
        assistant_state=Case(
            When(Q(brief=None) & Q(status_category__in=SOLVED), then=Value("off")),  # nobody waits: none is made
            When(brief=None, then=Value("preparing")),
            When(~Q(brief__thread_version=F("thread_version")), then=Value("stale")),
            When(brief__outcome=Brief.Outcome.REPLY, then=Value("ready")),
            When(brief__outcome=Brief.Outcome.ASK_CUSTOMER, then=Value("ask")),
            default=Value("thin"),
            output_field=CharField(),
        )
    )


def page(filters: Filters, tickets: QuerySet[Ticket], given: QueryDict, reach: Reach) -> tuple[list[Row], str]:
    """One page of rows and the query string of the next ('' at the end). Keyset: no page is counted through.

    `reach`: of whoever reads the counts of similar tickets; `tickets` are within it.
    """
    found = list(_ordered(filters.sort, tickets, given).select_related("customer", "product")[: PAGE + 1])
    briefs = {brief.ticket_id: brief for brief in Brief.objects.filter(ticket__in=found).defer("data")}
    similar = similar_counts(briefs.values(), reach)
    rows = [_row(ticket, briefs.get(ticket.pk), similar.get(ticket.pk)) for ticket in found[:PAGE]]
    if len(found) <= PAGE:
        return rows, ""
    edge = found[PAGE - 1]
    moment = edge.updated_at if filters.sort == "recent" else edge.due_by or NEVER
    kept = filters.query()
    return rows, (f"{kept}&" if kept else "") + urlencode({"after": moment.isoformat(), "id": str(edge.pk)})


def _ordered(sort: str, tickets: QuerySet[Ticket], given: QueryDict) -> QuerySet[Ticket]:
    after, last = _moment(given.get("after", "")), given.get("id", "")
    begins = after is None or not _is_uuid(last)
    tickets = tickets.defer("description_html", "description_text")
    if sort == "due":
        tickets = tickets.annotate(due_key=Coalesce("due_by", Value(NEVER)))
        if not begins:
            tickets = tickets.filter(Q(due_key__gt=after) | Q(due_key=after, id__gt=last))
        return tickets.order_by("due_key", "id")
    if not begins:
        tickets = tickets.filter(Q(updated_at__lt=after) | Q(updated_at=after, id__lt=last))
    return tickets.order_by("-updated_at", "-id")


def _row(ticket: Ticket, brief: Brief | None, similar: int | None) -> Row:
    return Row(
        ticket=ticket,
        state=brief_state(ticket, brief),
        priority=priority_words(ticket.priority),
        due=due_of(ticket),
        mood=brief.mood if brief else "",
        similar=similar,
    )


def heading(filters: Filters) -> str:
    if filters.status == "waiting":
        return {"mine": _("My open tickets"), "unassigned": _("Unassigned tickets")}.get(
            filters.view, _("All open tickets")
        )
    # Translators: a heading over a list of tickets. %(status)s is a status name. Example: Tickets: Solved
    return _("Tickets: %(status)s") % {"status": category_words(filters.status)}


def name_of(filters: Filters, person: User) -> str:
    """The heading of the page: the saved view it is, or what the filters say."""
    saved = SavedView.objects.filter(user_id=person.pk, query=filters.query()).first() if filters.query() else None
    return saved.name if saved else heading(filters)


def sections(filters: Filters, person: User, reach: Reach) -> list[dict[str, Any]]:
    """The side column. Counts are of tickets within reach with the chosen status: one statement for all of them."""
    counts = count_sides(with_state(by_status(filters.status, reach)))
    agents, groups = counts["agent"], counts["group"]
    mine = sum(agents[str(one)] for one in agents_of(person)) if agents else 0
    owners = [key for key in counts["product"] if key]
    products = sorted((str(one), one.pk) for one in Product.objects.filter(pk__in=owners)) if owners else []
    names = sorted(Group.objects.filter(pk__in=[key for key in groups if key]).values_list("name", "pk"))
    tags = [*counts["tag"].most_common(), *([(filters.tag, 0)] if filters.tag and filters.tag not in counts["tag"] else [])]
    return [
        {"title": _("Views"), "links": [
            _link(filters, _("All open") if filters.status == "waiting" else _("All"), agents.total(), view=""),
            _link(filters, _("Mine"), mine, view="mine"), _link(filters, _("Unassigned"), agents[None], view="unassigned")]},
        *_saved(filters, person),
        {"title": _("Status"), "links": [
            _link(filters, _("Waiting for an answer") if one == "waiting" else category_words(one), None, status=one)
            for one in STATUSES]},
        {"title": _("Group"), "links": [_link(filters, name, groups[str(key)], group=str(key)) for name, key in names]},
        *([{"title": _("Product"), "links": [
            _link(filters, name, counts["product"][str(key)], product=str(key)) for name, key in products]}]
          if products else []),
        *_firm(filters, reach),
        {"title": _("Priority"), "links": [
            _link(filters, priority_words(int(one)), counts["priority"][one], priority=one) for one in PRIORITIES]},
        {"title": _("Assistant"), "links": [
            _link(filters, state_words(one), counts["state"][one], state=one) | {"icon": icon} for one, icon in STATES.items()]},
        {"title": _("Language"), "links": [
            _link(filters, code, count, language=code) | {"lang": code}
            for code, count in counts["language"].most_common() if code]},
        {"title": _("Tags"), "links": [_link(filters, tag, count or None, tag=tag) for tag, count in tags]},
    ]  # fmt: skip


def _firm(filters: Filters, reach: Reach) -> list[dict[str, Any]]:
    """The company that was chosen on a ticket, named to whoever may read one of its tickets."""
    if not filters.firm:
        return []
    held = Ticket.objects.shown().within(reach).filter(firm_id=filters.firm).values_list("firm__name", flat=True).first()
    return [{"title": _("Customer’s company"), "links": [_link(filters, held or "–", None, firm=filters.firm)]}]


def _saved(filters: Filters, person: User) -> list[dict[str, Any]]:
    """One's own views; a visitor of support has none."""
    if not may("views.own", person.role):
        return []
    here = filters.query()
    links = [
        {"label": view.name, "count": None, "current": view.query == here, "query": view.query}
        for view in SavedView.objects.filter(user_id=person.pk)
    ]
    return [{"title": _("Saved views"), "links": links, "own": here or "sort=recent"}]


def filter_words(filters: Filters) -> str:
    """What these filters choose, for the list of saved views."""
    parts = [heading(filters) if filters.status == "waiting" else category_words(filters.status)]
    if filters.status != "waiting" and filters.view:
        parts.append(_("Mine") if filters.view == "mine" else _("Unassigned"))
    if filters.group:
        parts.append(Group.objects.filter(pk=filters.group).values_list("name", flat=True).first() or "–")
    if filters.product:
        parts.append(str(Product.objects.filter(pk=filters.product).first() or "–"))
    parts += [priority_words(int(filters.priority))] if filters.priority else []
    parts += [state_words(filters.state)] if filters.state else []
    parts += [language_name(filters.language)] if filters.language else []
    parts += [filters.tag] if filters.tag else []
    parts += [_("Customer’s company")] if filters.firm else []
    parts += [_("Due first")] if filters.sort == "due" else []
    return " · ".join(parts)


def sorts(filters: Filters) -> list[dict[str, Any]]:
    return [_link(filters, _("Newest change"), None, sort="recent"), _link(filters, _("Due first"), None, sort="due")]


def _link(filters: Filters, label: str, count: int | None, **change: str) -> dict[str, Any]:
    """A filter to choose, or to leave when it is chosen."""
    ((name, value),) = change.items()
    current = getattr(filters, name) == value
    query = filters.query(**{name: getattr(Filters(), name) if current else value})
    return {"label": label, "count": count, "current": current, "query": query}


def _one_of(value: str, known: tuple[str, ...], otherwise: str) -> str:
    return value if value in known else otherwise


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
