"""The sync page: how far mirror and index of each connection are, what does not work, and what can be done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.accounts.confirm_views import confirm_first
from apps.core.errors import ExternalUnavailable
from apps.ingest import sync_telling
from apps.ingest.deadletters import KINDS, revive
from apps.ingest.deletions import confirm_removals
from apps.ingest.pausing import pause, resume
from apps.ingest.progress import progress
from apps.ingest.streams import hurry
from apps.ingest.sync_words import remedy_words, warning_remedy
from apps.ingest.tasks import send_due
from apps.platforms.models import Connection
from apps.platforms.words import ability_words, check_rows, reason_words, state_words, warning_words
from apps.search.index import open_index
from apps.tenancy.cache import declare

ENGINE = declare("ingest.engine", seconds=10, most=1)  # whether it answered


@never_cache
@allow("sync.read")
@require_GET
def sync(request: HttpRequest) -> HttpResponse:
    """The page; asked for by its own script, the part of it that moves."""
    part = bool(request.headers.get("HX-Request"))
    with transaction.atomic():
        found = progress(kept=True)
    now = timezone.now()
    context: dict[str, Any] = {
        "section": "sync", "now": now, "counted_at": datetime.fromisoformat(found["counted_at"]), "every": sync_telling.every(found), "troubles": sync_telling.troubles(found),
        "connections": [sync_telling.connection_told(one, found, now) for one in found["connections"]],
        "lights": sync_telling.lights(found, index=_engine_answers(), cache=_cache_answers()),
        "stages": sync_telling.stages(found),
    }  # fmt: skip
    if part:
        return render(request, "ingest/sync_live.html", context)
    return render(request, "ingest/sync.html", context | {"reports": [_report(one) for one in found["connections"]]})


@never_cache
@allow("sync.run")
@require_POST
def change_sync(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """action = pause | resume | look | confirm (that what is gone is gone)."""
    connection = get_object_or_404(Connection, pk=connection_id)
    action, named = request.POST.get("action", ""), {"account": connection.account}
    if action == "pause":
        pause(connection)
        # Translators: %(account)s is the address of a helpdesk. Example: Paused: acme.freshdesk.com
        messages.success(request, _("Paused: %(account)s") % named)
    elif action == "resume":
        resume(connection)
        # Translators: %(account)s is the address of a helpdesk. Example: Goes on: acme.freshdesk.com
        messages.success(request, _("Goes on: %(account)s") % named)
    elif action == "look":
        hurry(connection, full=True)
        send_due()
        # Translators: %(account)s is the address of a helpdesk.
        messages.success(request, _("Everything is looked at again: %(account)s") % named)
    elif action == "confirm":
        if (first := confirm_first(request)) is not None:
            return first
        count = confirm_removals(connection)
        # Translators: %(count)s is a number of tickets and articles that are gone from the helpdesk.
        words = ngettext("%(count)s removal was confirmed.", "%(count)s removals were confirmed.", count)
        messages.success(request, words % {"count": count})
        send_due()
    else:
        return HttpResponse("action: one of pause, resume, look, confirm.", status=400, content_type="text/plain")
    return redirect("ingest:sync")


@never_cache
@allow("sync.run")
@require_POST
def retry_work(request: HttpRequest) -> HttpResponse:
    """Owe again what was set aside, of one kind or of all."""
    kind = request.POST.get("kind", "")
    if kind and kind not in KINDS:
        return HttpResponse("kind: none of ours.", status=400, content_type="text/plain")
    count = revive(kind)
    # Translators: %(count)s is a number of things that failed before.
    words = ngettext("%(count)s is tried again, behind everything else.", "%(count)s are tried again, behind everything else.", count)
    messages.success(request, words % {"count": count})
    send_due()
    return redirect("ingest:sync")


def _engine_answers() -> bool:
    """Whether the vector engine is there; one question in ten seconds for everybody who looks."""
    return bool(ENGINE.get_or_make("there", make=_ask_engine))


def _ask_engine() -> bool:
    try:
        open_index().count()
    except ExternalUnavailable:
        return False
    return True


def _cache_answers() -> bool:
    return ENGINE.delete("nothing")  # tells whether the server heard it


def _report(one: dict[str, Any]) -> dict[str, Any]:
    """What the account lets us do: answer, how we know, what to do."""
    check = one["check"]
    abilities = [
        {
            "name": ability_words(row["name"]), "state": row["state"],
            "answer": state_words(row["state"]) if row["value"] is None else str(row["value"]),
            "reason": reason_words(row["reason"]), "remedy": "" if row["state"] == "yes" else remedy_words(row["reason"]),
        }
        for row in check.get("abilities", ())
    ]  # fmt: skip
    warnings = [(warning_words(code), warning_remedy(code)) for code in check.get("warnings", ())]
    facts = check_rows(check | {"abilities": [], "warnings": []}) if check else []
    return {"account": one["account"], "id": one["id"], "at": one["checked_at"], "facts": facts, "abilities": abilities, "warnings": warnings}
