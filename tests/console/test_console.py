"""The operators' pages: counts of every company, never a word of it; orders that the provisioning worker does."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.console.models import CompanyFigures
from apps.console.tasks import ask_companies, hear_company
from apps.core.models import AuditEvent
from apps.platforms.models import Ticket
from apps.tenancy.context import CompanySwitch, bind_company
from apps.tenancy.lifecycle import work_off
from apps.tenancy.models import Company, Order
from apps.tenancy.orders import newest_orders
from apps.tenancy.registry import forget_hosts
from apps.tenancy.tasks import HEADER, TaskForgery, _sign, sign_envelope
from tests.console.steps import signed_in
from tests.isolation.companies import drop

pytestmark = pytest.mark.usefixtures("standing_halls")


@pytest.fixture
def olga(halls):
    return signed_in(halls.operators, "operator")


@pytest.fixture
def ordered(halls, superuser_url):
    """Orders and the company `fresh` are gone afterwards."""
    import psycopg

    yield
    drop(superuser_url, "fresh")
    with psycopg.connect(superuser_url) as admin:
        admin.execute("DELETE FROM public.tenancy_order")
        admin.execute(
            "UPDATE public.tenancy_company SET status = 'active' WHERE company_id IN ('visited', 'bystander')"
        )
    forget_hosts()


def test_each_company_tells_its_own_counts_and_no_word(halls, olga, deliver):
    page = olga.get("/console/").content.decode()
    assert "No news" in page or "Keine Meldung" in page
    ask_companies()
    deliver()
    with bind_company(halls.visited.binding()):
        tickets, people = Ticket.objects.shown().count(), User.objects.active().count()
    with bind_company(halls.operators.binding()):
        told = CompanyFigures.objects.get(target="visited")
        assert (told.tickets, told.people) == (tickets, people)
        assert CompanyFigures.objects.get(target="bystander").tickets == 0
    for path in ("/console/", "/console/companies/visited/"):
        page = olga.get(path).content.decode()
        assert "visited" in page
        assert not any(word in page for word in ("earbud", "FW-881", "Priya", "2.4.1"))
    assert "bystander" not in olga.get("/console/?q=visit").content.decode()
    assert olga.get("/console/companies/operator/").status_code == 404


def test_late_news_does_not_undo_newer(halls, deliver):
    ask_companies()
    deliver()
    with bind_company(halls.operators.binding()):
        row = CompanyFigures.objects.get(target="visited")
        old = {"told_at": "2026-01-01T00:00:00+00:00", "people": 0, "tickets": 0, "owed": 0, "audit_entries": 0,
               "synced_at": None, "health": "fine"}  # fmt: skip
        hear_company.run("visited", {"figures": old, "accesses": []})
        assert CompanyFigures.objects.get(target="visited").told_at == row.told_at


def _run(envelope: str | None, *args) -> None:
    hear_company.push_request(headers={HEADER: envelope})
    try:
        hear_company(*args)
    finally:
        hear_company.pop_request()


def test_news_between_companies_pass_only_by_way_of_the_operators(halls):
    with bind_company(halls.visited.binding()):
        with pytest.raises(CompanySwitch):
            hear_company.send_to("bystander", accesses=[])
        with pytest.raises(CompanySwitch):
            hear_company.send_to("visited", accesses=[])
        plain = sign_envelope("console.hear_company")
    with bind_company(halls.operators.binding()), pytest.raises(CompanySwitch):
        hear_company.send_to("operator", accesses=[])
    message = {"accesses": []}
    across = _sign("console.hear_company", halls.other.binding(), None, sender="visited", message=message)
    good = _sign("console.hear_company", halls.operators.binding(), None, sender="visited", message=message)
    _run(good)
    for envelope, args in ((plain, ()), (across, ()), (good, ("visited", message)), (good[:-1], ())):
        with pytest.raises(TaskForgery):
            _run(envelope, *args)


def test_a_company_speaks_for_itself_only(halls, deliver):
    from tests.console.steps import ask, at_operators

    asked = ask(halls, deliver)
    news = {
        "id": str(asked.pk),
        "state": "approved",
        "until": "2099-01-01T00:00:00+00:00",
        "entered_at": None,
        "ended_at": None,
    }
    envelope = _sign(
        "console.hear_company", halls.operators.binding(), None, sender="bystander", message={"accesses": [news]}
    )
    _run(envelope)
    assert at_operators(halls, asked).state == "pending"


def test_a_company_is_opened_suspended_and_resumed_by_order(halls, olga, ordered):
    answer = olga.post("/console/orders/open/", {"company": "fresh", "name": "Fresh Fruit", "language": "fr"})
    assert answer.status_code == 302
    assert not Company.objects.filter(company_id="fresh").exists()  # the page itself has no login for that
    page = olga.get("/console/orders/").content.decode()
    assert "fresh" in page
    assert "ahead: 0 of 2." in page or "Unternehmen: 0 von 2." in page
    work_off()
    fresh = Company.objects.get(company_id="fresh")
    assert (fresh.name, fresh.language, fresh.status) == ("Fresh Fruit", "fr", "active")
    for verb, status in (("suspend", "suspended"), ("resume", "active")):
        assert olga.post("/console/companies/fresh/orders/", {"verb": verb}).status_code == 302
        work_off()
        fresh.refresh_from_db()
        assert fresh.status == status
    with bind_company(halls.operators.binding()):
        olga_id = User.objects.get(role="operator").pk
        trail = list(AuditEvent.objects.filter(facts__company_id="fresh").order_by("seq"))
    assert [one.event for one in trail] == ["company_opened", "company_suspended", "company_resumed"]
    assert {one.principal[:5] for one in trail} == {"user:"}
    assert {one.asked_by for one in newest_orders()} == {f"user:{olga_id}"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"company": "x", "name": "X", "language": "en"}, 400),
        ({"company": "operator", "name": "X", "language": "en"}, 400),
        ({"company": "admin", "name": "X", "language": "en"}, 400),
        ({"company": "visited", "name": "X", "language": "en"}, 409),
        ({"company": "fresh", "name": "X" * 121, "language": "en"}, 400),
        ({"company": "fresh", "name": "X", "language": "tlh"}, 400),
    ],
)
def test_an_opening_that_cannot_be_is_not_ordered(olga, ordered, fields, status):
    assert olga.post("/console/orders/open/", fields).status_code == status
    assert newest_orders() == []


def test_closing_wants_the_name_and_other_orders_a_fitting_state(olga, ordered):
    where = "/console/companies/visited/orders/"
    assert olga.post(where, {"verb": "close"}).status_code == 400
    assert olga.post(where, {"verb": "close", "confirm": "bystander"}).status_code == 400
    assert olga.post(where, {"verb": "resume"}).status_code == 409
    assert olga.post(where, {"verb": "explode"}).status_code == 400
    for company in ("operator", "nowhere"):
        assert olga.post(f"/console/companies/{company}/orders/", {"verb": "suspend"}).status_code == 404
    assert newest_orders() == []
    assert olga.post(where, {"verb": "close", "confirm": "visited"}).status_code == 302
    assert [(one.kind, one.state) for one in newest_orders()] == [(Order.Kind.CLOSE, Order.State.ASKED)]
    assert olga.post(where, {"verb": "suspend"}).status_code == 409  # another order is open


def test_a_form_from_elsewhere_orders_nothing(halls, ordered):
    browser = signed_in(halls.operators, "operator")
    strict = Client(enforce_csrf_checks=True, headers={"host": "operator.localhost"})
    strict.cookies = browser.cookies
    assert strict.post("/console/companies/visited/orders/", {"verb": "suspend"}).status_code == 403
    assert newest_orders() == []
