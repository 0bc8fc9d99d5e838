"""The role table: who may call what. Deny by default; every view names its rule."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission

from apps.accounts.models import Role, Scope

VISITOR = "support"  # an operator whom an admin let in for a while; not one of Role: nobody is given it
SUPPORT: frozenset[str] = frozenset({Role.AGENT, Role.LEAD, Role.ADMIN, Role.PRIVACY})
LEADS: frozenset[str] = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: frozenset[str] = frozenset({Role.ADMIN})
OPERATORS: frozenset[str] = frozenset({Role.OPERATOR})
VISITORS: frozenset[str] = frozenset({VISITOR})
WRITERS: frozenset[str] = frozenset({Role.AGENT, Role.LEAD, Role.ADMIN})
# rule -> (roles, scope a token needs; None: people only, no token may)
RULES: dict[str, tuple[frozenset[str], Scope | None]] = {
    "tickets.read": (SUPPORT | VISITORS, Scope.READ),
    "articles.read": (SUPPORT | VISITORS, Scope.READ),
    "notes.read": (SUPPORT, Scope.READ),
    "files.read": (SUPPORT, None),
    "views.own": (SUPPORT, None),
    "assistant.read": (SUPPORT, Scope.READ),
    "assistant.ask": (SUPPORT, Scope.ASK),
    "feedback.give": (SUPPORT, Scope.WRITE),
    "replies.send": (WRITERS, Scope.WRITE),
    "feedback.read": (LEADS, None),
    "sync.read": (LEADS, Scope.READ),
    "sync.run": (ADMINS, Scope.WRITE),
    "account.self": (SUPPORT | OPERATORS, None),
    "tokens.own": (LEADS, None),
    "webhooks.manage": (ADMINS, None),
    "label.manage": (ADMINS, None),
    "products.manage": (ADMINS, None),
    "support.approve": (ADMINS, None),
    "companies.read": (OPERATORS, None),
    "companies.manage": (OPERATORS, None),
    "support.request": (OPERATORS, None),
    "support.leave": (VISITORS, None),
}


def may(rule: str, role: str, scopes: list[str] | None = None) -> bool:
    """Whether a role, and a token's scopes when one acts, satisfy a rule. Unknown rules are refused."""
    if rule not in RULES:
        return False
    roles, scope = RULES[rule]
    if role not in roles:
        return False
    return scopes is None or (scope is not None and scope.value in scopes)


class RolePermission(BasePermission):
    """DRF permission: the view's `rule` attribute looked up in the table."""

    def has_permission(self, request: Any, view: Any) -> bool:
        user = request.user
        if not user or not user.is_authenticated or not user.is_active:
            return False
        scopes = request.auth.scopes if request.auth is not None else None
        return may(getattr(view, "rule", ""), user.role, scopes)
