"""The customer's part of the ticket page: how many tickets, since when, in which languages, and the others."""

from __future__ import annotations

import pytest

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.customers import SHOWN, customer_of
from apps.platforms.firms import Firm
from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.mirror import CLOSED, charging_case, fill, ticket_data


@pytest.fixture
def case(acme):
    """Ticket 102 and twelve others of its customer, one of them German and one in the trash."""
    with bind_company(acme.binding()):
        charging_case()
        fill([(ticket_data(number, f"Case {number}", f"The case {number} is late.", status=CLOSED), []) for number in range(201, 214)])
        ticket = Ticket.objects.get(remote_id="102")
        Ticket.objects.filter(remote_id__gte="201").update(customer=ticket.customer)
        Ticket.objects.filter(remote_id="201").update(language="de")
        Ticket.objects.filter(remote_id="213").update(state="trashed")
        return Ticket.objects.select_related("customer").get(pk=ticket.pk)


def test_other_tickets_come_newest_first_and_the_rest_is_counted(acme, case):
    with bind_company(acme.binding()):
        known = customer_of(case, ALL_TICKETS)
        assert [one.remote_id for one in known.others] == [str(number) for number in range(212, 202, -1)]
        assert (known.total, known.more, len(known.others)) == (13, 2, SHOWN)
        assert known.languages == ["en", "de"]
        assert known.since == case.created_at
        alone = customer_of(Ticket.objects.select_related("customer").get(remote_id="101"), ALL_TICKETS)
        assert (alone.total, alone.others, alone.more) == (1, [], 0)


def test_somebody_of_the_same_address_elsewhere_is_somebody_else(acme, case):
    with bind_company(acme.binding()):
        other = Ticket.objects.get(remote_id="101")
        assert other.customer.email == case.customer.email
        assert other.pk not in {one.pk for one in customer_of(case, ALL_TICKETS).others}


def test_the_page_shows_them_with_state_and_date_and_says_when_there_is_none(acme, case, client_of):
    browser = client_of(acme)
    page = browser.get(f"/tickets/{case.pk}/").content.decode()
    panel = page[page.index('id="panel-customer"') : page.index('id="panel-why"')]
    assert "#212 Case 212" in panel
    assert panel.count('class="item"') == SHOWN
    assert "<span>Closed</span>" in panel
    assert "Not listed: 2" in panel
    assert "English, German" in panel
    assert "priya@example.org" not in panel
    with bind_company(acme.binding()):
        only = Ticket.objects.get(remote_id="101")
    assert "This is the customer’s only ticket." in browser.get(f"/tickets/{only.pk}/").content.decode()
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=only.pk).update(customer=None)
    assert "No customer is named on this ticket." in browser.get(f"/tickets/{only.pk}/").content.decode()


def test_two_statements_however_many_tickets(acme, case, django_assert_num_queries):
    with bind_company(acme.binding()), django_assert_num_queries(2):
        customer_of(case, ALL_TICKETS)


def test_the_customer_s_company_is_named_with_what_others_of_it_wait_for_within_reach(acme, mara):
    mara.scope("group", "1")
    with bind_company(acme.binding()):
        firm = Firm.objects.get()
        case = Ticket.objects.select_related("customer", "firm").get(remote_id="18")
        everything = customer_of(case, ALL_TICKETS)
        waiting = {int(one) for one in Ticket.objects.waiting().exclude(pk=case.pk).values_list("remote_id", flat=True)}
    assert len(everything.colleagues) == SHOWN
    page = mara.browser.get(f"/tickets/{case.pk}/").content.decode()
    panel = page[page.index('id="panel-customer"') : page.index('id="panel-why"')]
    met = mara.met(panel) - {18}
    assert met
    assert met <= waiting - mara.foreign("group", "1")
    assert f'href="/?firm={firm.pk}"' in panel
    assert "Harbour Ltd" in panel
    queue = mara.browser.get("/", {"firm": str(firm.pk)}).content.decode()
    assert "Harbour Ltd" in queue
    assert mara.met(queue) == (waiting | {18}) - mara.foreign("group", "1")
    with bind_company(acme.binding()):
        Ticket.objects.exclude(remote_id="18").update(firm=None)
    assert mara.met(mara.browser.get("/", {"firm": str(firm.pk)}).content.decode()) == {18}
    assert mara.api.get(f"/api/v1/tickets/{case.pk}/").json()["customer_company"] == "Harbour Ltd"
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=case.pk).update(firm=None)
    assert "Harbour Ltd" not in mara.browser.get("/", {"firm": str(firm.pk)}).content.decode()
