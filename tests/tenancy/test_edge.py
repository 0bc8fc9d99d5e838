"""Host, credential and X-Company-ID: every row of the table of tenancy.md 2.6."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from apps.tenancy.credentials import new_token, token_company
from apps.tenancy.middleware import Refusal, decide
from apps.tenancy.models import Company
from apps.tenancy.registry import forget_hosts

CASES = [
    # host, credential's company, sent, header, expected
    ("nobody.localhost", None, False, None, (404, "not_found")),
    ("nobody.localhost", "acme", True, "acme", (404, "not_found")),
    ("acme.localhost.evil.example", "acme", True, None, (404, "not_found")),
    ("acme.localhost", "acme", True, None, "acme"),
    ("acme.localhost", "acme", True, "acme", "acme"),
    ("acme.localhost", None, False, None, "acme"),
    ("acme.localhost", "globex", True, None, (401, "unauthorized")),
    ("acme.localhost", "globex", True, "acme", (401, "unauthorized")),
    ("acme.localhost", "globex", True, "globex", (401, "unauthorized")),
    ("acme.localhost", None, True, None, (401, "unauthorized")),
    ("acme.localhost", None, True, "globex", (401, "unauthorized")),
    ("acme.localhost", "acme", True, "globex", (403, "company_mismatch")),
    ("api.localhost", "acme", True, "acme", "acme"),
    ("api.localhost", "acme", True, None, (400, "company_header_required")),
    ("api.localhost", "acme", True, "globex", (403, "company_mismatch")),
    ("api.localhost", None, False, "acme", (401, "unauthorized")),
    ("api.localhost", "unknown", True, "unknown", (401, "unauthorized")),
]


@pytest.mark.parametrize(("host", "claimed", "sent", "header", "expected"), CASES)
def test_the_table_of_who_am_i(acme, globex, host, claimed, sent, header, expected):
    verdict = decide(host=host, path="/api/v1/tickets/", claimed=claimed, sent=sent, header=header)
    if isinstance(verdict, Refusal):
        assert (verdict.status, verdict.code) == expected
    else:
        assert verdict.company_id == expected
        assert verdict.schema == f"c_{expected}"


@pytest.mark.parametrize(("status", "code"), [("suspended", 403), ("provisioning", 403), ("closed", 410)])
def test_a_company_that_is_not_active_is_refused(acme, superuser_url, status, code):
    import psycopg

    try:
        with psycopg.connect(superuser_url) as admin:
            admin.execute("UPDATE public.tenancy_company SET status = %s WHERE company_id = 'acme'", [status])
        forget_hosts()
        verdict = decide(host="acme.localhost", path="/", claimed=None, sent=False, header=None)
        assert isinstance(verdict, Refusal)
        assert verdict.status == code
    finally:
        with psycopg.connect(superuser_url) as admin:
            admin.execute("UPDATE public.tenancy_company SET status = 'active' WHERE company_id = 'acme'")
        forget_hosts()


def test_a_foreign_cookie_is_refused_and_leaves_an_audit_entry(acme, globex, client_of):
    browser = client_of(globex)
    browser.defaults["HTTP_HOST"] = "acme.localhost"
    response = browser.get("/admin/", headers={"host": "acme.localhost"})
    assert response.status_code == 401
    with bind_company(acme.binding()):
        assert AuditEvent.objects.filter(event="tenant_mismatch").count() == 1


def test_unknown_hosts_all_get_the_same_page(acme):
    bodies = set()
    for host in ("nobody.localhost", "evil.example", "x.acme.localhost"):
        response = Client().get("/", headers={"host": host, "x-request-id": "00000000-0000-4000-8000-00000000000a"})
        assert response.status_code == 404
        bodies.add(response.content)
    assert len(bodies) == 1


def test_a_token_names_its_company_and_a_wrong_checksum_names_none():
    token = new_token("api", "acme-north")
    assert token_company(token) == "acme-north"
    assert token_company(token[:-1] + ("0" if token[-1] != "0" else "1")) is None
    assert token_company("dsk_api_acme_short_000000") is None


def test_probes_answer_on_any_host(db):  # readiness closes the connection: no company can be asked afterwards
    for path in ("/healthz", "/readyz"):
        response = Client().get(path, headers={"host": "10.0.0.7"})
        assert response.status_code == 200
        assert b"acme" not in response.content


def test_metrics_are_for_this_machine_only(acme):
    assert Client().get("/metrics", headers={"host": "x"}).status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.9").get("/metrics", headers={"host": "x"}).status_code == 404
    assert Client().get("/metrics", headers={"host": "x", "x-forwarded-for": "203.0.113.9"}).status_code == 404


def test_company_ids_that_break_a_rule_are_refused():
    from apps.core.errors import BadInput
    from apps.tenancy.names import check_company_id

    for bad in ("A", "a", "Acme", "a_b", "-a", "a-", "a:b", "admin", "public", "x" * 41, "a b", "../x"):
        with pytest.raises(BadInput):
            check_company_id(bad)
    assert check_company_id("acme-north") == "acme-north"


def test_opening_a_company_twice_is_a_conflict_and_changes_nothing(acme):
    from apps.core.errors import Conflict
    from apps.tenancy.provisioning import create_company

    with pytest.raises(Conflict):
        create_company(company_id="acme", name="Another")
    assert Company.objects.get(company_id="acme").name == "Acme Audio"
