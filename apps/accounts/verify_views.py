"""One's address: whether it is verified, the mail with a link, and the page the link leads to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.access import allow
from apps.accounts.password_views import later
from apps.accounts.tasks import hand_over, mail_verify
from apps.accounts.verifying import MAILED, verify_by_link, verify_tokens
from apps.accounts.views import minutes, too_many
from apps.core.errors import ExternalUnavailable, RateLimited
from apps.tenancy.limits import take


@never_cache
@allow("account.self")
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """The address as it stands; a POST has the link mailed to it."""
    person: Any = request.user
    context: dict[str, Any] = {"tab": "address", "sends": settings.MAIL.sends}
    if request.method != "POST" or person.email_verified_at is not None or not settings.MAIL.sends:
        return render(request, "accounts/address.html", context)
    try:
        take(MAILED.of(str(person.pk)))
    except RateLimited as exc:
        return too_many(render(request, "accounts/address.html", context | {"minutes": minutes(exc)}), exc)
    try:
        hand_over(mail_verify, str(person.pk))
    except ExternalUnavailable:
        return later(request)
    # Translators: %(email)s is an email address. Example: The mail to mara@acme.example is on its way.
    messages.success(request, _("The mail to %(email)s is on its way.") % {"email": person.email})
    return redirect("accounts:address")


@never_cache
@allow("account.self")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link leads. Programs of mail servers follow links, so a person says it with a button; and only the one
    it was made for, signed in: whoever gets such a mail for somebody else's account proves nothing by opening it."""
    person: Any = request.user
    if request.method == "POST" and verify_by_link(person=person, token=token):
        messages.success(request, _("Your address is verified."))
        return redirect("accounts:address")
    good = request.method != "POST" and verify_tokens.check_token(person, token)
    status = 400 if request.method == "POST" else 200
    return render(request, "accounts/confirm_address.html", {"good": good, "tab": "address"}, status=status)
