"""Every address, asked by somebody of another company and by nobody. A route without a row fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, include, path

from apps.accounts.models import ApiToken
from apps.accounts.reach import ALL_TICKETS
from apps.platforms.models import Article, Attachment, Message, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import charging_case

# Whose data is behind an address? COMPANY: of the one whose host it is, for its people. PUBLIC: nobody's, for everybody.
# OPERATOR: the installation's, at the operator company's host only.
# route -> (path with ids of acme, what the outsider of globex gets at globex's host, what nobody gets at acme's)
Rows = dict[str, tuple[str, int, int]]
COMPANY: Rows = {
    "api/v1/tickets/": ("/api/v1/tickets/", 200, 401),
    "api/v1/tickets/<uuid:ticket_id>/": ("/api/v1/tickets/{ticket}/", 404, 401),
    "api/v1/tickets/<uuid:ticket_id>/brief/": ("/api/v1/tickets/{ticket}/brief/", 404, 401),
    "api/v1/tickets/<uuid:ticket_id>/draft/": ("/api/v1/tickets/{ticket}/draft/", 404, 401),
    "api/v1/tickets/<uuid:ticket_id>/similar/": ("/api/v1/tickets/{ticket}/similar/", 404, 401),
    "api/v1/tickets/<uuid:ticket_id>/articles/": ("/api/v1/tickets/{ticket}/articles/", 404, 401),
    "api/v1/tickets/<uuid:ticket_id>/replies/": ("/api/v1/tickets/{ticket}/replies/", 405, 401),
    "api/v1/tickets/<uuid:ticket_id>/notes/": ("/api/v1/tickets/{ticket}/notes/", 405, 401),
    "api/v1/tickets/<uuid:ticket_id>/outgoing/<uuid:order_id>/": ("/api/v1/tickets/{ticket}/outgoing/{ticket}/", 404, 401),
    "api/v1/articles/": ("/api/v1/articles/", 200, 401),
    "api/v1/articles/<uuid:article_id>/": ("/api/v1/articles/{article}/", 404, 401),
    "api/v1/sync/": ("/api/v1/sync/", 403, 401),
    "api/v1/sync/reindex/": ("/api/v1/sync/reindex/", 403, 401),
    "api/v1/sync/tickets/": ("/api/v1/sync/tickets/", 403, 401),
    "api/v1/ask/": ("/api/v1/ask/", 405, 401),
    "api/v1/search/": ("/api/v1/search/?q=left+earbud+charging", 200, 401),
    "search/": ("/search/?q=what+stopped+charging", 200, 302),
    "api/v1/feedback/": ("/api/v1/feedback/", 405, 401),
    "feedback/": ("/feedback/", 405, 302),
    "team/feedback/": ("/team/feedback/", 403, 302),
    "password/": ("/password/", 200, 302),
    "keys/": ("/keys/", 405, 302),
    "account/confirm/": ("/account/confirm/", 200, 302),
    "account/email/": ("/account/email/", 200, 302),
    "account/email/<token>/": ("/account/email/x/", 200, 302),
    "account/second-factor/": ("/account/second-factor/", 200, 302),
    "account/sessions/": ("/account/sessions/", 200, 302),
    "account/sessions/others/end/": ("/account/sessions/others/end/", 405, 302),
    "account/sessions/<uuid:session_id>/end/": ("/account/sessions/{session}/end/", 405, 302),
    "account/tokens/": ("/account/tokens/", 403, 302),
    "account/tokens/<uuid:token_id>/replace/": ("/account/tokens/{token}/replace/", 403, 302),
    "account/tokens/<uuid:token_id>/revoke/": ("/account/tokens/{token}/revoke/", 403, 302),
    "": ("/", 200, 302),
    "views/": ("/views/", 200, 302),
    "views/<uuid:view_id>/": ("/views/{ticket}/", 405, 302),
    "tickets/<uuid:ticket_id>/": ("/tickets/{ticket}/", 404, 302),
    "tickets/<uuid:ticket_id>/messages/": ("/tickets/{ticket}/messages/?first=1&last=9", 404, 302),
    "tickets/<uuid:ticket_id>/live/": ("/tickets/{ticket}/live/", 404, 302),
    "tickets/<uuid:ticket_id>/draft/": ("/tickets/{ticket}/draft/", 404, 302),
    "tickets/<uuid:ticket_id>/draft/used/": ("/tickets/{ticket}/draft/used/", 405, 302),
    "tickets/<uuid:ticket_id>/ask/": ("/tickets/{ticket}/ask/", 405, 302),
    "tickets/<uuid:ticket_id>/write/": ("/tickets/{ticket}/write/", 405, 302),
    "tickets/<uuid:ticket_id>/send/": ("/tickets/{ticket}/send/", 405, 302),
    "tickets/<uuid:ticket_id>/change/": ("/tickets/{ticket}/change/", 405, 302),
    "tickets/<uuid:ticket_id>/begun/": ("/tickets/{ticket}/begun/", 405, 302),
    "tickets/<uuid:ticket_id>/outgoing/": ("/tickets/{ticket}/outgoing/", 404, 302),
    "outgoing/<uuid:order_id>/again/": ("/outgoing/{ticket}/again/", 405, 302),
    "messages/<uuid:message_id>/sent/": ("/messages/{message}/sent/", 404, 302),
    "files/<uuid:file_id>/": ("/files/{file}/", 404, 302),
    "ask/": ("/ask/", 200, 302),
    "sources/messages/<uuid:source_id>/": ("/sources/messages/{message}/", 404, 302),
    "sources/files/<uuid:source_id>/": ("/sources/files/{file}/", 404, 302),
    "sources/articles/<uuid:source_id>/": ("/sources/articles/{article}/", 404, 302),
    "hooks/<slug:company_id>/<str:secret>/": ("/hooks/acme/a-secret-nobody-has/", 405, 405),
    "sync/": ("/sync/", 403, 302),
    "sync/retry/": ("/sync/retry/", 403, 302),
    "sync/<uuid:connection_id>/": ("/sync/{ticket}/", 403, 302),
    "ai-label/": ("/ai-label/", 403, 302),
    "ai-label/<uuid:connection_id>/": ("/ai-label/{ticket}/", 403, 302),
    "webhooks/": ("/webhooks/", 403, 302),
    "webhooks/<uuid:connection_id>/": ("/webhooks/{ticket}/", 403, 302),
    "products/": ("/products/", 403, 302),
    "products/<uuid:connection_id>/": ("/products/{ticket}/", 403, 302),
    "support-access/": ("/support-access/", 403, 302),
    "support-access/<uuid:access_id>/": ("/support-access/{ticket}/", 403, 302),
    "support/enter/": ("/support/enter/", 403, 403),
    "support/leave/": ("/support/leave/", 405, 405),
}
PUBLIC: Rows = {
    "api/v1/schema/": ("/api/v1/schema/", 200, 200),
    "api/v1/docs/": ("/api/v1/docs/", 200, 200),
    "sign-in/": ("/sign-in/", 302, 200),
    "sign-in/code/": ("/sign-in/code/", 302, 302),
    "sign-in/enrol/": ("/sign-in/enrol/", 302, 302),
    "sign-out/": ("/sign-out/", 405, 405),
    "forgot-password/": ("/forgot-password/", 200, 200),
    "set-password/<uidb64>/<token>/": ("/set-password/MQ/x/", 200, 200),
    "language/": ("/language/", 405, 405),
    "theme/": ("/theme/", 405, 405),
}
OPERATOR: Rows = {
    "console/": ("/console/", 404, 404),
    "console/companies/<company:company_id>/": ("/console/companies/acme/", 404, 404),
    "console/companies/<company:company_id>/refresh/": ("/console/companies/acme/refresh/", 404, 404),
    "console/companies/<company:company_id>/support/": ("/console/companies/acme/support/", 404, 404),
    "console/companies/<company:company_id>/orders/": ("/console/companies/acme/orders/", 404, 404),
    "console/orders/": ("/console/orders/", 404, 404),
    "console/orders/open/": ("/console/orders/open/", 404, 404),
    "console/support/<uuid:request_id>/": ("/console/support/{ticket}/", 404, 404),
}
ROUTES = COMPANY | PUBLIC | OPERATOR
SECRET_WORDS = ("earbud", "FW-881", "Priya", "2.4.1")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        else:
            yield path


def undeclared(patterns: list[URLPattern | URLResolver]) -> list[str]:
    """What to add for each address without a row. Pages of an admin are looked at in test_admin_pages.py."""
    return [
        "say whose it is in tests/isolation/test_routes.py, in COMPANY, PUBLIC or OPERATOR: "
        f'"{path}": ("/path/with/ids/of/acme/", <what the outsider gets>, <what nobody gets>),'
        for path in routes(patterns)
        if path not in ROUTES and not path.startswith("admin/")
    ]


def test_every_route_has_a_row():
    assert undeclared(get_resolver().url_patterns) == []


def test_a_route_without_a_row_is_found():
    new = [path("api/v2/", include(([path("everything/", lambda request: None)], "v2")))]
    assert '"api/v2/everything/":' in undeclared([*get_resolver().url_patterns, *new])[0]


def test_no_row_has_two_owners_nor_outlived_its_route():
    assert sorted(set(ROUTES) - set(routes(get_resolver().url_patterns))) == []
    assert len(ROUTES) == len(COMPANY) + len(PUBLIC) + len(OPERATOR)


def test_nobody_is_let_in_where_it_is_a_company_s():
    assert {answer for _, _, answer in (COMPANY | OPERATOR).values()} <= {302, 401, 403, 404, 405}


@pytest.fixture
def ids(acme, globex, token_of):
    token_of(acme, "lead")
    with bind_company(acme.binding()):
        charging_case()
        return {
            "ticket": Ticket.objects.get(remote_id="102").pk,
            "message": Message.objects.first().pk,
            "article": Article.objects.first().pk,
            "file": Attachment.objects.create(message=Message.objects.first(), remote_id="1", name="FW-881.log", outcome="read", text="FW-881").pk,
            "token": ApiToken.objects.get().pk,
            "session": ApiToken.objects.get().pk,
        }


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_the_outsider_finds_nothing_of_acme(route, ids, globex, client_of):
    path, expected, _ = ROUTES[route]
    answer = client_of(globex).get(path.format(**ids))
    assert answer.status_code == expected
    body = answer.content.decode()
    assert not any(word in body for word in SECRET_WORDS)


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_nobody_gets_no_data(route, ids, acme):
    path, _, expected = ROUTES[route]
    answer = Client(headers={"host": "acme.localhost"}).get(path.format(**ids))
    assert answer.status_code == expected
    assert not any(word in answer.content.decode() for word in SECRET_WORDS)


def test_every_admin_page_shows_own_rows_only(ids, globex, acme, client_of):
    for company, shown in ((globex, False), (acme, True)):
        browser = client_of(company, "admin")
        assert browser.get("/admin/").status_code == 200
        page = browser.get("/admin/platforms/ticket/")
        assert page.status_code == 200
        assert ("earbud" in page.content.decode()) is shown
        assert browser.get("/admin/accounts/user/").status_code == 200
    assert client_of(acme, "agent").get("/admin/").status_code == 302


def test_a_foreign_id_and_a_random_id_get_the_same_answer(ids, globex, token_of):
    api = Client(
        headers={
            "host": "globex.localhost",
            "authorization": f"Bearer {token_of(globex)}",
            "x-request-id": "00000000-0000-4000-8000-00000000000a",
        }
    )
    foreign = api.get(f"/api/v1/tickets/{ids['ticket']}/")
    random = api.get("/api/v1/tickets/0198c0de-0000-7000-8000-000000000000/")
    assert (foreign.status_code, foreign.content) == (random.status_code, random.content)


def test_search_of_globex_never_meets_a_chunk_of_acme(ids, globex):
    from apps.assistant.services import ask_question
    from apps.search.index import open_index

    with bind_company(globex.binding()):
        assert ask_question(question="left earbud stopped charging after update 2.4.1", reach=ALL_TICKETS).outcome == "not_enough_evidence"
        assert open_index().count() == 0
