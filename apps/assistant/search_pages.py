"""The page of search: one field, filters as links, results with their words marked. Works without script."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from apps.accounts.access import allow
from apps.accounts.permissions import may
from apps.assistant.canned import matching
from apps.assistant.finding import KINDS, MOST, QUERY_LIMIT, Found, Result, Wish, find_sources
from apps.assistant.highlighting import snippet
from apps.assistant.marking import Piece
from apps.assistant.services import EVERYTHING
from apps.assistant.shapes import Quote
from apps.assistant.templatetags.assistant import source_url
from apps.assistant.words import category_words
from apps.core.errors import AppError, BadInput, RateLimited
from apps.core.templatetags.deskhand import language_name
from apps.platforms.models import Group, Ticket
from apps.platforms.products import Product
from apps.platforms.reach import reach_of
from apps.tenancy.slots import RETRY_SECONDS

PAGE = 20
DAYS = {"30": 30, "90": 90, "365": 365}
LANGUAGES = ("en", "ko", "ja", "zh", "de", "fr", "es")
NUMBER = 40  # characters of a ticket's number at most


@dataclass(frozen=True, slots=True)
class Query:
    """The query string of the page, cleaned: an unknown value counts as none."""

    q: str = ""
    kind: str = ""
    status: str = ""
    group: str = ""
    product: str = ""
    language: str = ""
    since: str = ""  # days

    @classmethod
    def read(cls, given: QueryDict) -> Query:
        return cls(
            q=given.get("q", "").replace("\0", "").strip(),
            kind=_known(given.get("kind", ""), KINDS), status=_known(given.get("status", ""), Ticket.Category.values),
            group=given.get("group", "") if _is_uuid(given.get("group", "")) else "",
            product=given.get("product", "") if _is_uuid(given.get("product", "")) else "",
            language=_known(given.get("language", ""), LANGUAGES), since=_known(given.get("since", ""), DAYS),
        )  # fmt: skip

    def url(self, **changes: str) -> str:
        changed = replace(self, **changes)
        return "?" + urlencode({one.name: value for one in fields(self) if (value := getattr(changed, one.name))})

    @property
    def narrowed(self) -> bool:
        return any((self.kind, self.status, self.group, self.product, self.language, self.since))


@dataclass(frozen=True, slots=True)
class Line:
    """One result as the page shows it."""

    result: Result
    url: str
    source: str
    pieces: list[Piece]


@allow("tickets.read")
@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """Results for ?q=, or the empty page. ?jump=1, from the bar of every page: a ticket's number leads to the ticket."""
    query = Query.read(request.GET)
    number = query.q.lstrip("#")
    if "jump" in request.GET and number and len(number) <= NUMBER and " " not in number:
        ticket = Ticket.objects.shown().within(reach_of(request.user)).named(number).order_by("-updated_at").first()
        if ticket is not None:
            return redirect("assistant:ticket", ticket.pk)
    context: dict[str, Any] = {
        "section": "search",
        "query": query,
        "reader_language": _language(request),
        "limit": QUERY_LIMIT,
    }
    status = 200
    if query.q:
        try:
            context |= _found(request, query)
        except AppError as problem:
            context["error"], status = _words(problem), problem.status
    context |= {
        "kinds": kinds(query),
        "filters": filters(query),
        "hidden": hidden(query),
        "plain": Query(query.q).url(),
    }
    response = render(request, "assistant/search.html", context, status=status)
    if status == RateLimited.status:
        response["Retry-After"] = str(round(RETRY_SECONDS))
    return response


def _found(request: HttpRequest, query: Query) -> dict[str, Any]:
    private = may("notes.read", request.user.role)
    wish = Wish(
        text=query.q, reach=reach_of(request.user), kind=query.kind, status=query.status, group=UUID(query.group) if query.group else None,
        product=UUID(query.product) if query.product else None, language=query.language, since=timezone.now() - timedelta(days=DAYS[query.since]) if query.since else None,
        visibilities=EVERYTHING if private else ("public",),
    )  # fmt: skip
    found = find_sources(wish=wish, language=_language(request))
    shown = _shown(request.GET.get("show", ""))
    more = min(shown + PAGE, MOST) if len(found.results) > shown else 0
    return {
        "lines": [_line(one) for one in found.results[:shown]], "told": _told(found), "words_only": found.mode == "words",
        "canned": matching(request.user, query.q, _language(request)) if not query.narrowed else [],
        "more": f"{query.url()}&show={more}#r{shown + 1}" if more else "",
    }  # fmt: skip


def _line(one: Result) -> Line:
    passage = one.passage
    quote = Quote(source=passage.source, text=passage.text, start=passage.start, end=passage.end)
    source = source_url(quote)
    url = source
    if one.ticket is not None:
        page = reverse("assistant:ticket", args=[one.ticket.pk])
        url = f"{page}?at={one.number}#m{one.number}" if one.number else page
    return Line(one, url, source, snippet(passage.text, one.marks))


def _told(found: Found) -> str:
    count = len(found.results)
    # Translators: how many tickets and articles a search found. Example: 12 results
    return ngettext("%(count)s result", "%(count)s results", count) % {"count": count}


def kinds(query: Query) -> list[dict[str, Any]]:
    names = {"": _("Everything"), "tickets": _("Tickets"), "articles": _("Articles")}
    return [{"label": label, "url": query.url(kind=one), "current": one == query.kind} for one, label in names.items()]


def hidden(query: Query) -> list[tuple[str, str]]:
    """What the form carries along with new words."""
    return [(one.name, value) for one in fields(query) if one.name != "q" and (value := getattr(query, one.name))]


def filters(query: Query) -> list[dict[str, Any]]:
    """The menus of filters: what is chosen, and the links to choose another."""
    groups = list(Group.objects.order_by("name").values_list("pk", "name"))
    products = [(str(one.pk), str(one)) for one in Product.objects.order_by("name", "remote_id")]
    since = {"30": _("Past 30 days"), "90": _("Past 3 months"), "365": _("Past year")}
    menus = [
        _menu(
            query, "status", _("Any status"), [(one, category_words(one)) for one in Ticket.Category.values], "ticket"
        ),
        _menu(query, "group", _("Any group"), [(str(pk), name) for pk, name in groups], "user"),
        # One product tells nothing apart
        _menu(query, "product", _("Any product"), products if len(products) > 1 or query.product else [], "filter"),
        _menu(query, "language", _("Any language"), [(one, language_name(one)) for one in LANGUAGES], "globe"),
        _menu(query, "since", _("Any time"), list(since.items()), "calendar"),
    ]
    return [one for one in menus if len(one["links"]) > 1]


def _menu(query: Query, name: str, anything: str, options: list[tuple[str, str]], icon: str) -> dict[str, Any]:
    chosen = getattr(query, name)
    links = [
        {"label": label, "url": query.url(**{name: value}), "current": value == chosen}
        for value, label in [("", anything), *options]
    ]
    label = next((one["label"] for one in links if one["current"]), anything)
    return {"name": name, "label": label, "chosen": bool(chosen), "icon": icon, "links": links}


def _words(problem: AppError) -> str:
    if isinstance(problem, RateLimited):
        return _("Many searches of your company are running. Search again in a few seconds.")
    if isinstance(problem, BadInput):
        # Translators: %(count)s is a number of characters. Example: 1,000
        return _("The text is too long. Most characters allowed: %(count)s") % {"count": number_format(QUERY_LIMIT)}
    return _("The search did not come back. Try again in a moment.")


def _shown(given: str) -> int:
    """How many results the page holds: whole pages of them, at most MOST."""
    wanted = int(given) if given.isdecimal() and len(given) < 4 else PAGE
    return min(max(PAGE, wanted), MOST)


def _known(value: str, known: Any) -> str:
    return value if value in known else ""


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _language(request: HttpRequest) -> str:
    return str(request.LANGUAGE_CODE).split("-")[0]
