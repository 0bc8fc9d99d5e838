"""AUT-1, the column of support: every address, asked by a visitor. What is not in the column is refused."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.test import Client

from apps.accounts.models import Role, User
from apps.accounts.permissions import RULES, VISITOR, may
from apps.accounts.session_store import SessionStore
from apps.console.models import SupportAccess
from apps.console.visits import BACKEND
from apps.platforms.models import Article, Message, Ticket
from apps.tenancy.context import bind_company
from tests.accounts.test_role_table import ALL, CONSOLE, OPEN_ADMIN, TABLE, address, ask, got_through, routes
from tests.console.steps import trail, visit

pytestmark = pytest.mark.usefixtures("standing_halls")

# Pages for everybody, such as signing in; the API is closed to a visit even there.
OPEN_TO_ALL = {row for row, who in TABLE.items() if who == ALL and row[0] == "GET" and not row[1].startswith("api/")}
SUPPORT_COLUMN = OPEN_TO_ALL | {
    ("GET", ""),
    ("GET", "tickets/<uuid:ticket_id>/"),
    ("GET", "tickets/<uuid:ticket_id>/messages/"),
    ("GET", "messages/<uuid:message_id>/sent/"),
    ("GET", "sources/messages/<uuid:source_id>/"),
    ("GET", "sources/articles/<uuid:source_id>/"),
    ("GET", "search/"),  # of what is public, like all a visitor reads
    ("POST", "sign-out/"),
    ("POST", "support/leave/"),
}
METHODS = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def visitor(halls, deliver):
    """visitor() -> a browser inside; leaving in one row must not spoil the next."""
    browser, asked = visit(halls, deliver)

    def fresh() -> Client:
        with bind_company(halls.visited.binding()):
            SupportAccess.objects.filter(pk=asked.pk).update(state="approved", ended_at=None)
            session = SessionStore()
            session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(asked.pk), BACKEND
            session.save()
        browser.cookies["session"] = f"visited.{session.session_key}"
        return browser

    return fresh


def test_every_cell_of_the_column(visitor):
    wrong = []
    for method, route in TABLE:
        answer = ask(visitor(), method, route)
        if got_through(answer) != ((method, route) in SUPPORT_COLUMN):
            wrong.append(f"{method} {route}: {answer.status_code}")
    assert wrong == []
    assert TABLE.keys() >= SUPPORT_COLUMN


def test_the_console_is_not_at_a_companys_host(visitor):
    for method, route in CONSOLE:
        assert ask(visitor(), method, route).status_code in ((404,) if method == "GET" else (403, 404))


def test_no_admin_page_opens(visitor):
    browser = visitor()
    for route in sorted(set(routes(admin.site.get_urls(), "admin/")) - OPEN_ADMIN):
        if "(?P<" not in route:
            assert not got_through(browser.get(address(route))), route


def test_the_real_pages_show_and_no_method_but_reading_passes(visitor, halls):
    with bind_company(halls.visited.binding()):
        ticket = Ticket.objects.get(remote_id="102")
        message = Message.objects.filter(visibility="public", ticket=ticket).first()
        article = Article.objects.usable().filter(visibility="public").first()
        counts = (Ticket.objects.count(), Message.objects.count(), User.objects.count())
    paths = (
        "/", f"/tickets/{ticket.pk}/", f"/messages/{message.pk}/sent/", f"/sources/messages/{message.pk}/",
        f"/sources/articles/{article.pk}/",
    )  # fmt: skip
    for path in paths:
        assert visitor().get(path).status_code == 200, path
        for method in METHODS:
            assert visitor().generic(method, path).status_code == 403, (method, path)
    before = trail(halls.visited).count("access_refused")
    assert visitor().post(f"/tickets/{ticket.pk}/ask/", {"question": "?"}).status_code == 403
    assert visitor().get("/api/v1/tickets/").status_code == 403
    assert trail(halls.visited).count("access_refused") == before + 2
    with bind_company(halls.visited.binding()):
        assert counts == (Ticket.objects.count(), Message.objects.count(), User.objects.count())


def test_the_cookie_of_a_visit_opens_nothing_elsewhere(visitor, halls):
    for host in ("bystander.localhost", "operator.localhost"):
        assert visitor().get("/", headers={"host": host}).status_code == 401


def test_an_id_of_another_kind_in_a_visits_session_is_nobody(halls):
    with bind_company(halls.visited.binding()):
        admin_id = str(User.objects.get(role="admin").pk)
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = admin_id, BACKEND
        session.save()
    browser = Client(headers={"host": "visited.localhost"})
    browser.cookies["session"] = f"visited.{session.session_key}"
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("rule", sorted(RULES))
def test_support_has_the_rules_of_a_reader_and_is_no_role_to_give(rule):
    assert may(rule, VISITOR) == (rule in ("tickets.read", "articles.read", "support.leave"))
    assert VISITOR not in Role.values
