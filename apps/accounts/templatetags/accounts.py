"""What a page may offer its reader."""

from __future__ import annotations

from typing import Any

from django import template

from apps.accounts.models import Scope
from apps.accounts.permissions import may

register = template.Library()


@register.simple_tag(takes_context=True, name="may")
def may_reader(context: dict[str, Any], rule: str) -> bool:
    """Whether the reader's role satisfies a rule; False for nobody."""
    person = context.get("user")
    return bool(person and person.is_authenticated and may(rule, person.role))


@register.filter
def scope_names(scopes: list[str]) -> str:
    """What a token may do, in the reader's words."""
    named = dict(Scope.choices)
    return ", ".join(str(named.get(scope, scope)) for scope in scopes)
