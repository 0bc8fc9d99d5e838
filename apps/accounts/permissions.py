"""The role table: who may call what. Deny by default; every view names its rule."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission

from apps.accounts.models import Role, Scope

EVERYBODY = frozenset({Role.AGENT, Role.LEAD, Role.ADMIN, Role.PRIVACY})
# rule -> (roles, scope a token needs)
RULES: dict[str, tuple[frozenset[Role], Scope]] = {
    "tickets.read": (EVERYBODY, Scope.READ),
    "articles.read": (EVERYBODY, Scope.READ),
    "assistant.read": (EVERYBODY, Scope.READ),
    "assistant.ask": (EVERYBODY, Scope.READ),
    "schema.read": (EVERYBODY, Scope.READ),
    "sync.read": (frozenset({Role.LEAD, Role.ADMIN}), Scope.READ),
    "sync.run": (frozenset({Role.ADMIN}), Scope.WRITE),
}


def may(rule: str, role: str, scopes: list[str] | None = None) -> bool:
    """Whether a role, and a token's scopes when one acts, satisfy a rule. Unknown rules are refused."""
    if rule not in RULES:
        return False
    roles, scope = RULES[rule]
    return role in roles and (scopes is None or scope.value in scopes)


class RolePermission(BasePermission):
    """DRF permission: the view's `rule` attribute looked up in the table."""

    def has_permission(self, request: Any, view: Any) -> bool:
        user = request.user
        if not user or not user.is_authenticated or not user.is_active:
            return False
        scopes = request.auth.scopes if request.auth is not None else None
        return may(getattr(view, "rule", ""), user.role, scopes)
