"""A message as its customer sent it: a page for a frame of the ticket's page, in which nothing runs and nothing loads."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import allow
from apps.assistant.images import images_of
from apps.assistant.readable import find_message
from apps.core.templatetags.deskhand import tongue
from apps.core.text import as_sent

STYLES = ("tokens.css", "sent.css")
# links open in windows of their own, which are no longer in the sandbox; nothing else is allowed
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"


@allow("tickets.read")
@require_GET
def message_as_sent(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The same messages as on the ticket's page, under a policy of their own; ?images=1 brings the helpdesk's images."""
    message = find_message(request, message_id)
    images = images_of(message) if request.GET.get("images") == "1" else {}
    clean = as_sent(message.html, images=images, words=image_words, language=tongue(request.LANGUAGE_CODE))
    # safe: as_sent writes every tag anew and nh3 lets through what is on its list alone
    context = {"message": message, "html": mark_safe(clean), "styles": STYLES}  # noqa: S308
    response = render(request, "assistant/sent.html", context)
    response["Content-Security-Policy"] = policy(request, images=bool(images))
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    return response


def policy(request: HttpRequest, *, images: bool) -> str:
    """Two style sheets of ours, named in full: in a sandbox a page has no origin that 'self' could mean. Images are in it."""
    styles = " ".join(request.build_absolute_uri(static(name)) for name in STYLES)
    parts = [
        "default-src 'none'", f"style-src {styles}", f"sandbox {SANDBOX}", "base-uri 'none'", "form-action 'none'",
        "frame-ancestors 'self'", *(["img-src data:"] if images else []),
    ]  # fmt: skip
    return "; ".join(parts)


def image_words(alt: str, host: str) -> str:
    """What stands where an image would be: its own words, and who would learn that it was looked at."""
    named = f"{alt} ({host})" if alt and host else alt or host
    if not named:
        return _("Image not shown")
    # Translators: stands where an image would be. %(name)s is its description, or where it lies. Example: Image not shown: Photo of the case (example.org)
    return _("Image not shown: %(name)s") % {"name": named}
