"""What pages say of support access: the visitor's banner, the note to admins."""

from __future__ import annotations

from typing import Any

from django import template

from apps.accounts.permissions import VISITOR, may
from apps.console.models import AccessState, SupportAccess, latest_asked
from apps.tenancy.context import current_binding

register = template.Library()


@register.inclusion_tag("console/banner.html", takes_context=True)
def support_banner(context: dict[str, Any]) -> dict[str, Any]:
    """To a visitor: that they are one. To an admin: that somebody waits for an answer, or is inside."""
    person = context.get("user")
    shown: dict[str, Any] = {"csrf_token": context.get("csrf_token")}
    if person is None or not person.is_authenticated or current_binding() is None:
        return shown
    if person.role == VISITOR:
        return shown | {"visit": person}
    if not may("support.approve", person.role):
        return shown
    live = SupportAccess.objects.filter(
        state__in=[AccessState.PENDING, AccessState.APPROVED], requested_at__gt=latest_asked()
    )
    rows = list(live)
    return shown | {
        "waiting": any(one.is_waiting for one in rows),
        "inside": any(one.is_open for one in rows),
        "here": context.get("section") == "support",
    }
