"""AUT-1, the role table: every role and token scope at every address. A route or method without a row fails."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.models import Role, User
from apps.accounts.permissions import RULES, may
from apps.tenancy.context import bind_company
from tests.accounts.people import CALLERS, ROLES, client_as, operator_company

ALL = frozenset(CALLERS)
PEOPLE = frozenset(ROLES)
OWN = PEOPLE | {"operator"}
LEADS = frozenset({"lead", "admin"})
NOT_THERE = frozenset({"operator"})  # 404: their own company has no such page
READERS = PEOPLE | {"token:read"}
ASKERS = PEOPLE | {"token:ask"}
WRITERS = PEOPLE | {"token:write"}
SENDERS = PEOPLE - {"privacy"}

# (method, route) -> who gets through; all others are sent to sign in, or refused
TABLE: dict[tuple[str, str], frozenset[str]] = {
    ("GET", ""): OWN,  # operators are led to their console
    ("GET", "views/"): PEOPLE,
    ("POST", "views/"): PEOPLE,
    ("POST", "views/<uuid:view_id>/"): PEOPLE,
    ("GET", "tickets/<uuid:ticket_id>/"): PEOPLE,
    ("GET", "tickets/<uuid:ticket_id>/messages/"): PEOPLE,
    ("GET", "tickets/<uuid:ticket_id>/live/"): PEOPLE,
    ("GET", "tickets/<uuid:ticket_id>/draft/"): PEOPLE,
    ("POST", "tickets/<uuid:ticket_id>/draft/used/"): PEOPLE,
    ("POST", "tickets/<uuid:ticket_id>/ask/"): PEOPLE,
    ("POST", "tickets/<uuid:ticket_id>/write/"): SENDERS,
    ("POST", "tickets/<uuid:ticket_id>/send/"): SENDERS,
    ("POST", "tickets/<uuid:ticket_id>/change/"): SENDERS,
    ("POST", "tickets/<uuid:ticket_id>/begun/"): SENDERS,
    ("GET", "tickets/<uuid:ticket_id>/outgoing/"): SENDERS,
    ("POST", "outgoing/<uuid:order_id>/again/"): SENDERS,
    ("POST", "api/v1/tickets/<uuid:ticket_id>/replies/"): SENDERS | {"token:write"},
    ("POST", "api/v1/tickets/<uuid:ticket_id>/notes/"): SENDERS | {"token:write"},
    ("GET", "api/v1/tickets/<uuid:ticket_id>/outgoing/<uuid:order_id>/"): SENDERS | {"token:write"},
    ("GET", "messages/<uuid:message_id>/sent/"): PEOPLE,
    ("GET", "files/<uuid:file_id>/"): PEOPLE,
    ("GET", "ask/"): PEOPLE,
    ("POST", "ask/"): PEOPLE,
    ("GET", "sources/messages/<uuid:source_id>/"): PEOPLE,
    ("GET", "sources/files/<uuid:source_id>/"): PEOPLE,
    ("GET", "sources/articles/<uuid:source_id>/"): PEOPLE,
    ("GET", "sign-in/"): ALL,
    ("POST", "sign-in/"): ALL,
    ("GET", "sign-in/code/"): ALL,  # back to the start, whoever has given no password
    ("POST", "sign-in/code/"): ALL,
    ("GET", "sign-in/enrol/"): ALL,
    ("POST", "sign-in/enrol/"): ALL,
    ("POST", "sign-out/"): ALL,
    ("GET", "forgot-password/"): ALL,
    ("POST", "forgot-password/"): ALL,
    ("GET", "set-password/<uidb64>/<token>/"): ALL,
    ("POST", "set-password/<uidb64>/<token>/"): ALL,
    ("GET", "password/"): OWN,
    ("POST", "password/"): OWN,
    ("POST", "language/"): ALL,
    ("POST", "theme/"): ALL,
    ("POST", "keys/"): OWN,
    ("GET", "account/confirm/"): OWN,
    ("POST", "account/confirm/"): OWN,
    ("GET", "account/email/"): OWN,
    ("POST", "account/email/"): OWN,
    ("GET", "account/email/<token>/"): OWN,
    ("POST", "account/email/<token>/"): OWN,
    ("GET", "account/second-factor/"): OWN,
    ("POST", "account/second-factor/"): OWN,
    ("GET", "account/sessions/"): OWN,
    ("POST", "account/sessions/others/end/"): OWN,
    ("POST", "account/sessions/<uuid:session_id>/end/"): OWN,
    ("GET", "account/tokens/"): LEADS,
    ("POST", "account/tokens/"): LEADS,
    ("POST", "account/tokens/<uuid:token_id>/replace/"): LEADS,
    ("POST", "account/tokens/<uuid:token_id>/revoke/"): LEADS,
    ("GET", "api/v1/schema/"): ALL,
    ("GET", "api/v1/docs/"): ALL,
    ("GET", "api/v1/tickets/"): READERS,
    ("GET", "api/v1/tickets/<uuid:ticket_id>/"): READERS,
    ("GET", "api/v1/tickets/<uuid:ticket_id>/brief/"): READERS,
    ("GET", "api/v1/tickets/<uuid:ticket_id>/draft/"): READERS,
    ("GET", "api/v1/tickets/<uuid:ticket_id>/similar/"): READERS,
    ("GET", "api/v1/tickets/<uuid:ticket_id>/articles/"): READERS,
    ("GET", "api/v1/articles/"): READERS,
    ("GET", "api/v1/articles/<uuid:article_id>/"): READERS,
    ("GET", "api/v1/sync/"): LEADS | {"token:read"},  # tokens act for an admin here
    ("POST", "api/v1/sync/reindex/"): frozenset({"admin", "token:write"}),
    ("POST", "api/v1/sync/tickets/"): frozenset({"admin", "token:write"}),
    ("POST", "api/v1/ask/"): ASKERS,
    ("POST", "api/v1/feedback/"): WRITERS,
    ("GET", "api/v1/search/"): READERS,
    ("GET", "search/"): PEOPLE,
    ("POST", "feedback/"): PEOPLE,
    ("GET", "team/feedback/"): LEADS,
    ("POST", "hooks/<slug:company_id>/<str:secret>/"): ALL,  # whoever has the secrets; 404 to all others
    ("GET", "sync/"): LEADS,
    ("POST", "sync/retry/"): frozenset({"admin"}),
    ("POST", "sync/<uuid:connection_id>/"): frozenset({"admin"}),
    ("GET", "ai-label/"): frozenset({"admin"}),
    ("POST", "ai-label/<uuid:connection_id>/"): frozenset({"admin"}),
    ("GET", "webhooks/"): frozenset({"admin"}),
    ("POST", "webhooks/<uuid:connection_id>/"): frozenset({"admin"}),
    ("GET", "products/"): frozenset({"admin"}),
    ("POST", "products/<uuid:connection_id>/"): frozenset({"admin"}),
    ("GET", "support-access/"): NOT_THERE | {"admin"},
    ("POST", "support-access/<uuid:access_id>/"): NOT_THERE | {"admin"},
    ("GET", "support/enter/"): NOT_THERE,  # without a pass
    ("POST", "support/enter/"): NOT_THERE,
    ("POST", "support/leave/"): NOT_THERE,  # visitors: tests/console/test_visits.py has their column
}
# Pages of the operators' host: nobody is led to sign in, everybody else's host knows no such page.
CONSOLE: frozenset[tuple[str, str]] = frozenset({
    ("GET", "console/"),
    ("GET", "console/companies/<company:company_id>/"),
    ("POST", "console/companies/<company:company_id>/refresh/"),
    ("POST", "console/companies/<company:company_id>/support/"),
    ("POST", "console/companies/<company:company_id>/orders/"),
    ("GET", "console/orders/"),
    ("POST", "console/orders/open/"),
    ("POST", "console/support/<uuid:request_id>/"),
})  # fmt: skip
OPEN_ADMIN = {"admin/login/", "admin/logout/", "admin/jsi18n/"}  # Django shows these to everybody
NO_SUCH = UUID("01900000-0000-7000-8000-000000000000")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        else:
            yield path


def address(route: str) -> str:
    """A path of the route, for an object that is not there: whoever may ask gets 404, others are refused before."""
    parts = [str(NO_SUCH) if part.startswith("<") else part for part in route.split("/")]
    return "/" + "/".join(parts)


def got_through(answer) -> bool:
    if answer.status_code in (301, 302):
        return not answer["Location"].startswith(("/sign-in/?next=", "/admin/login/?next="))
    return answer.status_code not in (401, 403)


def ask(browser: Client, method: str, route: str):
    if method == "GET":
        return browser.get(address(route))
    if route.startswith("api/"):
        return browser.post(address(route), {"question": "?"}, content_type="application/json")
    return browser.post(address(route), {})


def test_every_route_has_a_row():
    found = {path for path in routes(get_resolver().url_patterns) if not path.startswith("admin/")}
    assert found == {route for _method, route in [*TABLE, *CONSOLE]}


@pytest.mark.parametrize("caller", CALLERS)
def test_every_cell_of_the_table(caller, acme, client_of, make_user):
    wrong = []
    for (method, route), allowed in TABLE.items():
        browser = client_as(caller, acme, client_of, make_user)  # signing out must not spoil the next row
        answer = ask(browser, method, route)
        if got_through(answer) != (caller in allowed):
            wrong.append(f"{method} {route}: {answer.status_code}, expected {'in' if caller in allowed else 'out'}")
    assert wrong == []


@pytest.mark.parametrize("caller", CALLERS)
def test_the_console_opens_for_operators_at_their_host_alone(caller, acme, client_of, make_user):
    operators = operator_company()
    for method, route in sorted(CONSOLE):
        answer = ask(client_as(caller, acme, client_of, make_user), method, route)
        if caller != "operator":
            assert (route, answer.status_code) == (route, 404)
            continue
        expected = {"console/": 200, "console/orders/": 200, "console/orders/open/": 400}.get(route, 404)
        assert answer.status_code == expected, route  # the ids are nobody's
        nobody = ask(Client(headers={"host": "operator.localhost"}), method, route)
        assert (nobody.status_code, nobody["Location"][:15]) == (302, "/sign-in/?next=")
        with bind_company(operators.binding()):
            user = User.objects.get(role="operator")
            User.objects.filter(pk=user.pk).update(is_active=False)
        gone = ask(client_of(operators, "operator"), method, route)
        assert (gone.status_code, gone["Location"][:15]) == (302, "/sign-in/?next=")
        with bind_company(operators.binding()):
            User.objects.filter(pk=user.pk).update(is_active=True)


@pytest.mark.parametrize("caller", CALLERS)
def test_the_admin_opens_for_admins_alone(caller, acme, client_of, make_user):
    browser = client_as(caller, acme, client_of, make_user)
    opened = []
    for route in sorted(set(routes(admin.site.get_urls(), "admin/")) - OPEN_ADMIN):
        if "(?P<" in route:  # the pages of one app
            route = "admin/accounts/"
        answer = browser.get(address(route))
        if got_through(answer):
            opened.append(route)
    # Some pages are nobody's: mirrored rows are not added, changed or deleted by hand.
    assert (len(opened) > 20) if caller == "admin" else opened == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_a_method_without_a_row_does_nothing(method, acme, client_of, make_user):
    """Not in the table: 405, or no more than the same page says to a GET."""
    browser = client_as("admin", acme, client_of, make_user, enforce_csrf_checks=False)
    rows = {route for _method, route in TABLE if (method, route) not in TABLE and route != "sign-in/"}
    if method in ("HEAD", "OPTIONS"):
        rows = {route for route in rows if ("GET", route) not in TABLE and not route.startswith("api/")}
    wrong = [route for route in rows if browser.generic(method, address(route)).status_code != 405]
    assert wrong == []


def test_an_unknown_rule_is_refused_to_everybody():
    assert not any(may("tickets.delete", role) for role in Role.values)
    assert not any(may("", role) for role in Role.values)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_scope_opens_more_than_its_rule(rule):
    roles, scope = RULES[rule]
    for role in Role.values:
        for given in ("read", "ask", "write"):
            expected = role in roles and scope is not None and scope.value == given
            assert may(rule, role, [given]) == expected
        assert not may(rule, role, [])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_of_a_company_cannot_exist_in_the_operators(role, acme, make_user):
    operators = operator_company()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(operators, role)


def test_an_operator_cannot_exist_in_a_company(in_acme):
    with pytest.raises(IntegrityError, match="operator_at_home"), transaction.atomic():
        User.objects.make(email="op@acme.example", name="Op", role="operator")
    agent = User.objects.make(email="agent@acme.example", name="Agent", role="agent")
    with pytest.raises(IntegrityError, match="operator_at_home"), transaction.atomic():
        User.objects.filter(pk=agent.pk).update(role="operator")


def test_the_admin_offers_a_company_no_operators(acme, client_of):
    browser = client_of(acme, "admin")
    page = browser.get("/admin/accounts/user/add/").content.decode()
    assert 'value="privacy"' in page
    assert 'value="operator"' not in page
    fields = {"email": "new@acme.example", "name": "New", "role": "operator", "language": "en", "theme": "system"}
    assert browser.post("/admin/accounts/user/add/", fields).status_code == 200  # the form again, nothing made
    with bind_company(acme.binding()):
        assert not User.objects.filter(email="new@acme.example").exists()
