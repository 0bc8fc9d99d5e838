"""Callers of every kind: the operator's company, people of every role, tokens of every scope."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.test import Client

from apps.accounts.models import ApiToken, Scope, User
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company
from apps.tenancy.names import OPERATOR_COMPANY
from apps.tenancy.provisioning import create_company

ROLES = ("agent", "lead", "admin", "privacy")
TOKENS = tuple(f"token:{scope}" for scope in Scope.values)
CALLERS = ("nobody", *ROLES, "operator", *TOKENS)


def operator_company() -> Company:
    """The reserved company, opened when a test first asks; it stays until the engines stop."""
    found = Company.objects.filter(company_id=OPERATOR_COMPANY).first()
    if found is None:
        found = create_company(company_id=OPERATOR_COMPANY, name="Operators", operator=True)
    return found


def client_as(caller: str, company: Company, client_of: Any, make_user: Any, **options: Any) -> Client:
    """A client of that kind at the company's host (operators: at their own). Tokens act for an admin."""
    if caller == "nobody":
        return Client(headers={"host": f"{company.company_id}.localhost"}, **options)
    if caller == "operator":
        browser = client_of(operator_company(), "operator")
    elif caller.startswith("token:"):
        with bind_company(company.binding()):
            admin = User.objects.filter(role="admin").first() or make_user(company, "admin")
            _row, clear = ApiToken.issue(user=admin, name=f"{caller} {uuid4()}", scopes=[caller.removeprefix("token:")])
        host = f"{company.company_id}.localhost"
        return Client(headers={"host": host, "authorization": f"Bearer {clear}"}, **options)
    else:
        browser = client_of(company, caller)
    browser.handler.enforce_csrf_checks = options.get("enforce_csrf_checks", False)
    return browser
