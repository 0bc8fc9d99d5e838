"""Orders of the operators: open, suspend, resume, close a company. The provisioning worker does them; pages say how far."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.console.places import operators_only
from apps.console.views import show_company
from apps.core.errors import AppError, BadInput, Conflict, NotFound
from apps.tenancy.orders import ask_close, ask_open, ask_resume, ask_suspend, newest_orders
from apps.tenancy.standby import ready
from apps.tenancy.tasks import hurry_orders

NAME_LENGTH = 120


@operators_only
@allow("companies.manage")
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """The newest orders with their progress, and the form that opens a company."""
    return _orders(request)


@operators_only
@allow("companies.manage")
@require_POST
def open_company(request: HttpRequest) -> HttpResponse:
    """Order a company to be opened."""
    given = {name: request.POST.get(name, "").strip() for name in ("company", "name", "language")}
    if given["language"] not in dict(settings.LANGUAGES) or len(given["name"]) > NAME_LENGTH:
        return _orders(request, status=400, error=_("Check name and language."), given=given)
    try:
        ask_open(
            company_id=given["company"].lower(),
            name=given["name"],
            language=given["language"],
            asked_by=request.user.principal,
        )
    except (BadInput, Conflict) as exc:
        return _orders(request, status=exc.status, error=_words(exc), given=given)
    hurry_orders()
    return redirect("console:orders")


@operators_only
@allow("companies.manage")
@require_POST
def order(request: HttpRequest, company_id: str) -> HttpResponse:
    """suspend | resume | close; closing wants the short name typed once more."""
    verb, who = request.POST.get("verb", ""), request.user.principal
    if verb == "close" and (first := confirm_first(request)) is not None:
        return first
    try:
        if verb == "suspend":
            ask_suspend(company_id=company_id, asked_by=who)
        elif verb == "resume":
            ask_resume(company_id=company_id, asked_by=who)
        elif verb == "close":
            ask_close(company_id=company_id, confirm=request.POST.get("confirm", "").strip(), asked_by=who)
        else:
            return show_company(request, company_id, status=400, error=_("Choose one of the buttons."))
    except NotFound as exc:
        raise Http404 from exc
    except (BadInput, Conflict) as exc:
        if exc.code == "operator_company_stays":
            raise Http404 from exc
        return show_company(request, company_id, status=exc.status, error=_words(exc))
    hurry_orders()
    return redirect("console:company", company_id)


def _orders(
    request: HttpRequest, *, status: int = 200, error: str = "", given: dict[str, str] | None = None
) -> HttpResponse:
    context = {
        "section": "orders", "orders": newest_orders(), "error": error, "given": given or {},
        "languages": settings.LANGUAGES, "domain": settings.BASE_DOMAIN,
        "ready": ready(), "wanted": settings.STANDBY_COMPANIES,
    }  # fmt: skip
    return render(request, "console/orders.html", context, status=status)


def _words(problem: AppError) -> str:
    """What went wrong, for the person who ordered."""
    return {
        "company_id_invalid": _("A short name has 2 to 40 letters a–z, digits or hyphens."),
        "company_id_reserved": _("This short name is reserved. Choose another."),
        "company_exists": _("This company exists already, or has existed."),
        "company_busy": _("Another order for this company is not done yet."),
        "confirmation_missing": _("To close the company for good, type its short name."),
    }.get(problem.code, _("The company is in another state by now. Nothing was changed."))
