"""ISO-10: however a host is written, it leads to its own company or to nobody."""

from __future__ import annotations

import psycopg
import pytest
from django.test import Client

from apps.tenancy.registry import forget_hosts

PAGE = "/api/v1/tickets/"
SPELLED = [  # Host, whose company answers
    ("north.localhost", "north"),
    ("north.localhost:8000", "north"),
    ("north.localhost:1", "north"),
    ("NORTH.localhost", "north"),
    ("North.LocalHost:8000", "north"),
    ("north.localhost.", "north"),
    ("north.localhost.:8000", "north"),
    ("north.localhost..", None),
    (".north.localhost", None),
    ("www.north.localhost", None),
    ("north.localhost.evil.example", None),
    ("evil.example", None),
    ("north", None),
    ("localhost", None),
    ("c_north.localhost", None),
    ("north_.localhost", None),
    ("nörth.localhost", None),
    ("xn--nrth-6qa.localhost", None),
    ("ｎorth.localhost", None),  # full width: IDNA would fold it to n
    ("north。localhost", None),
    ("north.localhost:", None),
    ("north.localhost:99999", "north"),
    ("north.localhost:80:80", None),
    ("north.localhost:abc", None),
    ("north.localhost@evil.example", None),
    ("user@north.localhost", None),
    ("north.localhost/south", None),
    ("north.localhost south.localhost", None),
    ("north.localhost,south.localhost", None),
    ("north.localhost\tsouth.localhost", None),
    ("north.localhost\x00", None),
    ("north%2elocalhost", None),
    ("[::1]", None),
    ("127.0.0.1", None),
    ("0.0.0.0", None),
    ("*", None),
    ("*.localhost", None),
    ("%.localhost", None),
    ("", None),
    (" ", None),
    ("_", None),
    ("public.localhost", None),
    ("admin.localhost", None),
    ("standby.localhost", None),
]
FORGED = [
    {"x-forwarded-host": "south.localhost"},
    {"x-forwarded-host": "south.localhost, north.localhost"},
    {"x-forwarded-server": "south.localhost"},
    {"x-host": "south.localhost"},
    {"x-original-host": "south.localhost"},
    {"x-http-host-override": "south.localhost"},
    {"x-original-url": "http://south.localhost/"},
    {"x-rewrite-url": "http://south.localhost/"},
    {"forwarded": "host=south.localhost"},
    {"x-tenant": "south"},
    {"origin": "http://south.localhost"},
    {"referer": "http://south.localhost/"},
]


@pytest.fixture
def tokens(standing, db, token_of):
    return {company.company_id: token_of(company) for company in standing}


def ask(host: str, token: str, **headers: str):
    return Client(headers={"host": host, "authorization": f"Bearer {token}", "x-request-id": "0123456789abcdef"} | headers).get(PAGE)


@pytest.mark.parametrize(("host", "company"), SPELLED, ids=[repr(host) for host, _ in SPELLED])
def test_a_spelling_leads_home_or_nowhere(tokens, host, company):
    for name, token in tokens.items():
        answer = ask(host, token)
        assert answer.status_code == (404 if company is None else 200 if name == company else 401)


def test_every_host_nobody_has_gets_the_same_answer(tokens):
    bodies = {ask(host, tokens["north"]).content for host, company in SPELLED if company is None}
    assert len(bodies) == 1


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_no_other_header_moves_the_request(tokens, headers):
    assert ask("north.localhost", tokens["north"], **headers).status_code == 200
    assert ask("north.localhost", tokens["south"], **headers).status_code == 401
    assert ask("nobody.localhost", tokens["south"], **headers).status_code == 404


def test_a_request_without_a_host_is_nobody_s(tokens):
    browser = Client(SERVER_NAME="north.localhost")  # HTTP/1.0: the server's own name must not stand in
    answer = browser.get(PAGE, headers={"authorization": f"Bearer {tokens['north']}", "host": ""})
    assert answer.status_code == 404


def test_a_name_of_the_company_s_own_serves_only_once_verified(tokens, superuser_url):
    """Whoever enters a name that is not theirs must get nothing at it, and must not take it from its company."""
    add = """INSERT INTO public.tenancy_domain (domain, is_primary, verified_at, tenant_id)
             SELECT %s, false, {}, id FROM public.tenancy_company WHERE company_id = %s"""
    taken = "www.south.localhost"
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        try:
            for host, company, verified in (
                ("help.north.example", "north", "now()"), ("help.west.example", "west", "NULL"), (taken, "west", "NULL"),
            ):  # fmt: skip
                admin.execute(add.format(verified), [host, company])
            forget_hosts()
            assert ask("help.north.example", tokens["north"]).status_code == 200
            assert ask("help.north.example", tokens["west"]).status_code == 401
            for host in ("help.west.example", taken):
                assert {ask(host, token).status_code for token in tokens.values()} == {404}
            with pytest.raises(psycopg.errors.UniqueViolation):
                admin.execute(add.format("now()"), ["north.localhost", "west"])
        finally:
            admin.execute("DELETE FROM public.tenancy_domain WHERE domain LIKE '%%.example' OR domain = %s", [taken])
            forget_hosts()


def test_a_row_that_names_another_company_s_host_does_not_serve(tokens, superuser_url):
    """A company opened later finds its host taken by an unverified row of another: it is told, and nothing leaks."""
    with psycopg.connect(superuser_url, autocommit=True) as admin:
        admin.execute("INSERT INTO public.tenancy_domain (domain, is_primary, tenant_id)"
                      " SELECT 'east.localhost', false, id FROM public.tenancy_company WHERE company_id = 'west'")  # fmt: skip
        try:
            forget_hosts()
            assert {ask("east.localhost", token).status_code for token in tokens.values()} == {404}
        finally:
            admin.execute("DELETE FROM public.tenancy_domain WHERE domain = 'east.localhost'")
            forget_hosts()
