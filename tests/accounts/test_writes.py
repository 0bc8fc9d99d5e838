"""AUT-8 and AUT-9: what is written by whom: no field nobody offered, no form without its token, nothing by looking."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.forms.models import model_to_dict

from apps.accounts.models import ApiToken, User
from apps.tenancy.context import bind_company
from tests.accounts.people import ROLES, client_as
from tests.accounts.test_role_table import TABLE, address, ask

ROOT = Path(__file__).resolve().parents[2]
POSTS = sorted(route for method, route in TABLE if method == "POST")
NO_FORMS = {"hooks/<slug:company_id>/<str:secret>/"}  # a helpdesk calls, with two secrets of its own
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)  # in a WITH they may hide behind its SELECT
# What looking may write: who is still there, and what the audit trail keeps.
LOOKING_WRITES = ("django_session", "core_auditevent", "UPDATE accounts_apitoken SET last_used_at", "UPDATE accounts_usersession SET last_seen_at")
# (route, field) that a form does offer
OFFERED = {("language/", "language"), ("theme/", "theme"), ("keys/", "keys_enabled")}
ATTEMPTS = {
    "role": "admin", "is_active": "", "is_staff": "on", "is_superuser": "on", "company_id": "globex",
    "email": "evil@acme.example", "username": "evil@acme.example", "name": "Evil", "keys_enabled": "", "theme": "dark",
    "language": "ko", "last_login": "2001-01-01", "user": "1", "scopes": '["write"]', "digest": "00",
    "expires_at": "2099-01-01", "revoked_at": "2001-01-01", "id": "01900000-0000-7000-8000-000000000000", "pk": "1",
}  # fmt: skip


def people(company) -> dict[str, dict]:
    with bind_company(company.binding()):
        rows = list(User.objects.all()) + list(ApiToken.objects.all())
        return {str(row.pk): model_to_dict(row) | {"password": getattr(row, "password", "")} for row in rows}


@pytest.mark.parametrize("route", POSTS)
def test_no_form_takes_a_field_it_does_not_offer(route, acme, globex, client_of, make_user):
    browser = client_as("agent", acme, client_of, make_user)
    make_user(acme, "admin")
    make_user(globex, "agent")
    before = people(acme) | people(globex)
    known = {field.name for model in (User, ApiToken) for field in model._meta.get_fields() if field.concrete}
    given = dict.fromkeys(known, "1") | ATTEMPTS
    if route.startswith("api/"):
        browser.post(address(route), given | {"question": "?"}, content_type="application/json")
    else:
        browser.post(address(route), given)
    after = people(acme) | people(globex)
    changed = {(route, field) for pk in before for field in before[pk] if before[pk][field] != after[pk][field]}
    assert changed <= OFFERED
    assert before.keys() == after.keys()


@pytest.mark.parametrize("role", [*ROLES, "operator"])
def test_no_form_counts_without_its_token(role, acme, client_of, make_user):
    wrong = []
    for route in set(POSTS) - NO_FORMS:
        browser = client_as(role, acme, client_of, make_user, enforce_csrf_checks=True)
        answer = ask(browser, "POST", route)
        if answer.status_code != 403:
            wrong.append(f"{route}: {answer.status_code}")
    assert wrong == []


def test_a_token_needs_no_form(acme, client_of, make_user):
    browser = client_as("token:ask", acme, client_of, make_user, enforce_csrf_checks=True)
    assert ask(browser, "POST", "api/v1/ask/").status_code not in (401, 403)


@pytest.mark.parametrize("role", ["nobody", "agent", "admin", "operator", "token:read"])
def test_looking_writes_nothing(role, acme, client_of, make_user):
    browser = client_as(role, acme, client_of, make_user)
    wrong, seen = [], []

    def watch(execute, sql, params, many, context):
        seen.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for route in sorted(route for method, route in TABLE if method == "GET"):
            browser.get(address(route))
            while seen:
                sql = seen.pop()
                verb = sql.split()[0].upper()
                if verb == "WITH" and not WRITES.search(sql):
                    verb = "SELECT"
                if verb not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK") and not any(
                    one in sql for one in LOOKING_WRITES
                ):
                    wrong.append(f"{route}: {sql[:100]}")
    assert wrong == []


def test_no_serializer_or_form_of_ours_takes_all_fields_or_goes_deep():
    """`fields = "__all__"`, `exclude` and `depth` would let a new column out, or in, unseen."""
    found = []
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ClassDef) or node.name != "Meta":
                continue
            for line in node.body:
                names = [target.id for target in getattr(line, "targets", []) if isinstance(target, ast.Name)]
                value = getattr(line, "value", None)
                everything = isinstance(value, ast.Constant) and value.value == "__all__"
                if everything or {"depth", "exclude"} & set(names):
                    found.append(f"{path.name}:{line.lineno}")
    assert found == []


def test_the_admin_names_the_fields_of_every_form():
    from django.contrib import admin

    def writable(one: admin.ModelAdmin) -> bool:
        return type(one).has_change_permission is admin.ModelAdmin.has_change_permission

    ours = {model for model in apps.get_models() if model.__module__.startswith("apps.")}
    offered = {model: one for model, one in admin.site._registry.items() if model in ours and writable(one)}
    assert User in offered
    assert [str(model) for model, one in offered.items() if not (one.fields or one.fieldsets)] == []
