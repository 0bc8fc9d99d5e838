"""Where an admin chooses whether what is sent says that an assistant helped."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.core.errors import BadInput
from apps.platforms.labels import MOST, default_words, label_of, set_label
from apps.platforms.models import Connection

FIELD = "text-"  # and the language


@allow("label.manage")
@require_GET
def labels(request: HttpRequest) -> HttpResponse:
    rows = [_row(one) for one in Connection.objects.order_by("account")]
    return render(request, "platforms/labels.html", {"section": "label", "rows": rows, "most": MOST})


@allow("label.manage")
@require_POST
def change_label(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """reply, note: there when the line is added; text-<language> = own words, empty for the default."""
    connection = get_object_or_404(Connection, pk=connection_id)
    texts = {name.removeprefix(FIELD): str(value) for name, value in request.POST.items() if name.startswith(FIELD)}
    try:
        set_label(connection=connection, reply="reply" in request.POST, note="note" in request.POST, texts=texts)
    except BadInput as problem:
        return HttpResponse(problem.message, status=400, content_type="text/plain")
    messages.success(request, _("Saved."))
    return redirect("platforms:labels")


def _row(connection: Connection) -> dict[str, Any]:
    label = label_of(connection)
    texts = [
        {"language": code, "name": FIELD + code, "own": label.texts.get(code, ""), "default": default_words(code)}
        for code, _name in settings.LANGUAGES
    ]
    return {"connection": connection, "label": label, "texts": texts}
