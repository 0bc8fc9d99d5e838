"""Where helpdesks call, and where an admin sees the addresses and makes new ones."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.core.audit import record_sparingly
from apps.core.errors import BadInput, Forbidden, RateLimited
from apps.core.network import network_of
from apps.ingest.models import Hook
from apps.ingest.tasks import send_hints
from apps.ingest.webhooks import BODY_MOST, HEADER, Secrets, end_hook, find_hook, hear, make_hook
from apps.platforms.base import PlatformAdapter
from apps.platforms.models import Connection
from apps.platforms.registry import adapter_class
from apps.tenancy.context import current_company
from apps.tenancy.limits import declare_rate, take

KNOCKS = declare_rate("ingest.webhook", burst=60, seconds=5)  # wrong calls of a network
SILENCED_MOST = 10_000
_silenced: dict[tuple[str, str], float] = {}  # company and network -> until when it is not looked up in this process
ACTIONS = ("make", "end")
_ADDRESS = re.compile(r"/hooks/([-\w]+)/([^/]+)/\Z", re.ASCII)  # as urls.py has it


class HookMiddleware:
    """Answers calls that show the right secrets, before sessions, languages and forms are asked about: helpdesks have none,
    and those questions took half of a call's time. All else goes on, and is like an address that does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        called = _ADDRESS.match(request.path_info) if request.method == "POST" else None
        answer = _hear(request, *called.groups()) if called else None
        return self.get_response(request) if answer is None else answer


@csrf_exempt
@require_POST
def told(request: HttpRequest, company_id: str, secret: str) -> HttpResponse:
    """The address of a webhook, for those that HookMiddleware did not answer."""
    raise Http404


def _hear(request: HttpRequest, company_id: str, secret: str) -> HttpResponse | None:
    """A helpdesk says that tickets may have changed: 202, and nothing is asked of it here. None without the right secrets;
    after some tries nothing is even looked up."""
    caller = current_company().company_id, network_of(request)
    if time.monotonic() < _silenced.get(caller, 0.0):
        return None
    hook = find_hook(secret, request.headers.get(HEADER, "")) if company_id == caller[0] else None
    if hook is None:
        _count(caller)
        return None
    body = request.read(BODY_MOST + 1)
    if len(body) > BODY_MOST:
        if hook.signed:
            _count(caller)
            return None
        return HttpResponse(f"at most {BODY_MOST} bytes.", status=413, content_type="text/plain")
    try:
        news = hear(hook=hook, body=body, headers=request.headers)
    except Forbidden:  # of the right address, and not signed: nobody is told that there is one
        _count(caller)
        return None
    except BadInput as problem:
        return HttpResponse(problem.message, status=400, content_type="text/plain")
    if news:
        send_hints()
    return HttpResponse(status=202)


def _count(caller: tuple[str, str]) -> None:
    """One wrong call more of a network. Only wrong ones are counted: those that are right cost no question."""
    record_sparingly("webhook_refused")
    try:
        take(KNOCKS.of(caller[1]))
    except RateLimited as exc:
        if len(_silenced) >= SILENCED_MOST:
            _silenced.clear()
        _silenced[caller] = time.monotonic() + exc.retry_after


@never_cache
@allow("webhooks.manage")
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """Each connection with its address, when it was last heard, and what to enter in the helpdesk."""
    return _page(request)


@never_cache
@allow("webhooks.manage")
@require_POST
def change_webhook(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """action = make (or make anew) | end. New secrets are shown on the answer itself, so that they are kept nowhere."""
    connection = get_object_or_404(Connection, pk=connection_id)
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        return HttpResponse(f"action: one of {', '.join(ACTIONS)}.", status=400, content_type="text/plain")
    if (first := confirm_first(request)) is not None:
        return first
    if action == "end":
        end_hook(connection=connection)
        # Translators: %(account)s is the address of a helpdesk. Example: Webhook switched off: acme.freshdesk.com
        messages.success(request, _("Webhook switched off: %(account)s") % {"account": connection.account})
        return redirect("ingest:webhooks")
    _hook, fresh = make_hook(connection=connection)
    return _page(request, connection=connection, fresh=fresh)


def _page(request: HttpRequest, *, connection: Connection | None = None, fresh: Secrets | None = None) -> HttpResponse:
    hooks = {hook.connection_id: hook for hook in Hook.objects.all()}
    rows = [(one, hooks.get(one.pk)) for one in Connection.objects.order_by("account")]
    ways = [_way(adapter_class(kind)) for kind in sorted({one.platform for one, _hook in rows})]
    context: dict[str, Any] = {"section": "webhooks", "rows": rows, "header": HEADER, "ways": ways}
    if connection is not None and fresh is not None:
        address = _address(request, fresh.path)
        script = adapter_class(connection.platform).push_script(address, fresh.key) if fresh.key else ""
        context |= {"fresh": fresh, "fresh_of": connection, "address": address, "script": script}
    return render(request, "ingest/webhooks.html", context)


def _way(adapter: type[PlatformAdapter]) -> dict[str, Any]:
    """What to do in a helpdesk so that it calls."""
    told = [_(step) % {"header": HEADER} if "%(header)s" in step else _(step) for step in adapter.push_steps]
    examples = [adapter.push_example if step.endswith(":") else "" for step in adapter.push_steps]
    return {"signed": adapter.capabilities.signed_push, "platform": adapter.label, "steps": list(zip(told, examples, strict=True)), "example": adapter.push_example}


def _address(request: HttpRequest, path: str) -> str:
    scheme = "https" if settings.SECURE_COOKIES else "http"
    return f"{scheme}://{request.get_host()}{reverse('ingest:told', args=[current_company().company_id, path])}"
