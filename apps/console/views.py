"""The operators' pages: every company with its counts, and the door to one that its admin opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.console import support
from apps.console.models import CompanyFigures, SupportRequest
from apps.console.places import operators_only
from apps.console.tasks import ask_company
from apps.core.errors import BadInput, Conflict, NotFound
from apps.tenancy.models import Company
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.orders import newest_orders

OLD_NEWS = timedelta(minutes=15)  # a company that told nothing for so long is looked at
SHOWN = 500  # companies on the page
REQUESTS_SHOWN = 20
ORDERS_SHOWN, ORDERS_LOOKED_AT = 5, 200


@dataclass(frozen=True, slots=True)
class Row:
    """One company: the registry's word, and what the company itself told."""

    company: Company
    figures: CompanyFigures | None

    @property
    def silent(self) -> bool:
        """An active company that has not told anything lately."""
        told = self.figures.told_at if self.figures else None
        return self.company.status == Company.Status.ACTIVE and (told is None or told < timezone.now() - OLD_NEWS)


@operators_only
@allow("companies.read")
@require_GET
def companies(request: HttpRequest) -> HttpResponse:
    """All companies. The registry is public to us; the figures are what each told us: no other company is read."""
    wanted = request.GET.get("q", "").strip().lower()[:40]
    with transaction.atomic():
        found = _others().order_by("company_id")
        if wanted:
            found = found.filter(company_id__contains=wanted)
        shown = list(found[: SHOWN + 1])
        figures = {one.target: one for one in CompanyFigures.objects.filter(target__in=[c.company_id for c in shown])}
    rows = [Row(company, figures.get(company.company_id)) for company in shown[:SHOWN]]
    context = {"section": "companies", "rows": rows, "wanted": wanted, "more": len(shown) > SHOWN}
    return render(request, "console/companies.html", context)


@operators_only
@allow("companies.read")
@require_GET
def company_page(request: HttpRequest, company_id: str) -> HttpResponse:
    return show_company(request, company_id)


@operators_only
@allow("support.request")
@require_POST
def ask_access(request: HttpRequest, company_id: str) -> HttpResponse:
    """Ask the company's admins to let support in."""
    reason, minutes = request.POST.get("reason", ""), request.POST.get("minutes", "")
    try:
        support.request_access(
            company_id=company_id,
            reason=reason,
            minutes=int(minutes) if minutes.isdecimal() else 0,
            person=request.user,
        )
    except NotFound as exc:
        raise Http404 from exc
    except BadInput as exc:
        errors = {"minutes_invalid": _("Choose how long."), "reason_invalid": _("Say why, in at most 500 characters.")}
        return show_company(request, company_id, status=400, error=errors[exc.code], reason=reason)
    except Conflict:
        words = _("You have asked already, or the company is not active.")
        return show_company(request, company_id, status=409, error=words, reason=reason)
    ask_company(company_id)
    return redirect("console:company", company_id)


@operators_only
@allow("companies.read")
@require_POST
def refresh(request: HttpRequest, company_id: str) -> HttpResponse:
    """Ask the company for its figures now; they come in a moment."""
    get_object_or_404(_others(), company_id=company_id)
    ask_company(company_id)
    return redirect("console:company", company_id)


@operators_only
@allow("support.request")
@require_POST
def open_door(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """A link into the company: once, within 60 seconds. A page and no redirect: forms may not lead to other hosts."""
    asked = get_object_or_404(SupportRequest, pk=request_id)
    try:
        token = support.make_pass(request=asked, person=request.user)
    except Conflict:
        return show_company(request, asked.target, status=409, error=_("This access is not open."))
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    host = f"{public.scheme}://{asked.target}.{settings.BASE_DOMAIN}{port}"
    link = f"{host}{reverse('console:enter')}?pass={quote(token)}"
    context = {"section": "companies", "asked": asked, "link": link, "seconds": support.PASS_SECONDS}
    return render(request, "console/door.html", context)


def _others() -> Any:
    return Company.objects.exclude(company_id=OPERATOR_COMPANY)


def show_company(
    request: HttpRequest, company_id: str, *, status: int = 200, error: str = "", reason: str = ""
) -> HttpResponse:
    """The page of one company, with what went wrong if something did."""
    company = get_object_or_404(_others(), company_id=company_id)
    with transaction.atomic():
        figures = CompanyFigures.objects.filter(target=company_id).first()
        asked = (
            SupportRequest.objects.filter(target=company_id).select_related("requested_by").order_by("-requested_at")
        )
        accesses = list(asked[:REQUESTS_SHOWN])
    orders = [one for one in newest_orders(ORDERS_LOOKED_AT) if one.company_id == company_id][:ORDERS_SHOWN]
    context = {
        "section": "companies", "orders": orders, "row": Row(company, figures), "accesses": accesses, "minutes": support.MINUTES,
        "error": error, "reason": reason, "host": f"{company_id}.{settings.BASE_DOMAIN}",
    }  # fmt: skip
    return render(request, "console/company.html", context, status=status)
