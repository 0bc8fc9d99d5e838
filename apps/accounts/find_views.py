"""The bare host: the way to one's company, by its name or by a mail. No answer tells which companies or people are here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.accounts.finding import ask_companies, short_name, take_look
from apps.accounts.password_views import AddressForm, later
from apps.accounts.tasks import hand_over, mail_companies
from apps.accounts.views import minutes, too_many
from apps.core.errors import BadInput, ExternalUnavailable, RateLimited
from apps.tenancy.addresses import company_url

PAGE = "accounts/find_company.html"


def find_company(request: HttpRequest) -> HttpResponse:
    """GET: two forms. POST: to <company>.BASE_DOMAIN, whether it exists or not, or a mail to the address, if it is known."""
    context: dict[str, Any] = {"sends": settings.MAIL.sends, "sent": "sent" in request.GET}
    if request.method != "POST":
        return render(request, PAGE, context)
    try:
        take_look(request)
        if settings.MAIL.sends and "email" in request.POST:
            return _by_mail(request, context)
    except RateLimited as exc:
        return too_many(render(request, PAGE, context | {"minutes": minutes(exc)}), exc)
    except ExternalUnavailable:
        return later(request)
    given = request.POST.get("company", "").strip()
    try:
        return redirect(company_url(short_name(given)))
    except BadInput:
        error = _("A short name has 2 to 40 letters a–z, digits or hyphens.")
    return render(request, PAGE, context | {"error": error, "given": given[:253]}, status=400)


def _by_mail(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, context | {"form": form}, status=400)
    hand_over(mail_companies, ask_companies(address=form.cleaned_data["email"]))
    return redirect("/?sent=1")
