"""Where an admin says which portal is which product's: no answer of a helpdesk does (docs/decisions/0068)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import allow
from apps.core.errors import BadInput
from apps.ingest.products import seen_portals, set_portals
from apps.platforms.models import Connection
from apps.platforms.products import Product
from apps.platforms.registry import adapter_class

FIELD = "portal-"  # and its id


@allow("products.manage")
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Each connection with its products, and the portals its articles are shown in."""
    rows = [_row(one) for one in Connection.objects.order_by("account")]
    return render(request, "ingest/products.html", {"section": "products", "rows": rows})


@allow("products.manage")
@require_POST
def change_portals(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """portal-<id> = our id of a product, or nothing."""
    connection = get_object_or_404(Connection, pk=connection_id)
    given = {name.removeprefix(FIELD): value for name, value in request.POST.items() if name.startswith(FIELD)}
    try:
        chosen = {portal: UUID(str(value)) if value else None for portal, value in given.items()}
        moved = set_portals(connection=connection, chosen=chosen)
    except (BadInput, ValueError) as problem:
        words = problem.message if isinstance(problem, BadInput) else "portal: the id of a product."
        return HttpResponse(words, status=400, content_type="text/plain")
    # Translators: %(count)s articles belong to other products than before. Example: 12 articles belong elsewhere now.
    told = ngettext("%(count)s article belongs elsewhere now.", "%(count)s articles belong elsewhere now.", moved)
    messages.success(request, told % {"count": moved} if moved else _("Saved. No article belongs elsewhere."))
    return redirect("ingest:products")


def _row(connection: Connection) -> dict[str, Any]:
    found = list(Product.objects.filter(connection=connection).order_by("name", "remote_id"))
    owners = {portal: one.pk for one in found for portal in one.portals}
    portals = [
        {"id": portal, "name": FIELD + portal, "categories": categories, "owner": owners.get(portal)}
        for portal, categories in seen_portals(connection).items()
    ]
    return {"connection": connection, "platform": adapter_class(connection.platform).label, "products": found, "portals": portals}
