"""Tickets that hang together: on the page and in the API within reach, and a merged one is one case with its primary."""

from __future__ import annotations

import pytest

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.assistant.extractive.inputs import Passage
from apps.assistant.linked import Linked, gather_merged, linked_to
from apps.assistant.loading import load_threads
from apps.assistant.models import Brief
from apps.assistant.services import compose
from apps.assistant.shapes import Source
from apps.ingest.links import store_links, store_merges
from apps.platforms.linkdata import LinkData
from apps.platforms.models import Group, Ticket
from apps.platforms.related import TicketLink
from apps.tenancy.context import bind_company
from tests.mirror import CLOSED, FIX, NOW, OPEN, charging_case, fill, make_connection, message_data, ticket_data

SAID = "After the update 2.4.1 my right earbud is not charging any more."


def put(number: int, *links: LinkData) -> None:
    store_links(make_connection(), [ticket_data(number, "", "", links=links)], set())


def merge(number: int, into: int) -> None:
    ticket = Ticket.objects.get(remote_id=str(number))
    store_merges([(ticket, [message_data(900 + number, number, "Merged.", private=True).model_copy(update={"merged_into": str(into)})])])


@pytest.fixture
def family(acme):
    """102 waits; 101, 103 and 104 are solved and alike. 103 went into 101, 104 into 102, 105 into one nobody knows."""
    with bind_company(acme.binding()):
        charging_case()
        more = [(ticket_data(n, f"Right earbud dead after update 2.4.1, case {n}", SAID, status=CLOSED), [message_data(n, n, FIX)]) for n in (103, 104, 105)]
        fill(more)
        for number, into in ((103, 101), (104, 102), (105, 999)):
            merge(number, into)
        return {row.remote_id: row for row in Ticket.objects.select_related("customer")}


def test_a_merged_ticket_is_offered_as_the_one_it_went_into(acme, family):
    with bind_company(acme.binding()):
        thread = load_threads([family["102"]])[str(family["102"].pk)]
        named = {one for case in compose(thread, now=NOW, reach=ALL_TICKETS).similar for one in (case.ticket_id, *case.also)}
        assert named == {str(family[one].pk) for one in ("101", "105")}
        Ticket.objects.filter(pk=family["103"].pk).update(status_category="open")  # somebody wrote again: a case of its own, not solved
        TicketLink.objects.filter(ticket=family["101"]).delete()
        merge(101, 105)
        family["105"].links.all().delete()
        named = {one for case in compose(thread, now=NOW, reach=ALL_TICKETS).similar for one in (case.ticket_id, *case.also)}
        assert named == {str(family["105"].pk)}


def test_a_merged_ticket_is_offered_as_itself_to_whoever_may_not_read_the_one_it_went_into(acme, family):
    with bind_company(acme.binding()):
        connection = family["103"].connection_id
        mine = Group.objects.create(connection_id=connection, remote_id="7", name="Ears")
        Ticket.objects.filter(remote_id__in=("102", "103")).update(group=mine)
        key = str(family["103"].pk)
        source = Source(kind="message", id=key, title="103", language="en", updated_at=NOW, ticket_id=key, remote_id="103", visibility="public")
        found = [Passage(source, FIX, 0, len(FIX), 0.9, 0.9, 0.9, family=key)]
        assert [one.source.ticket_id for one in gather_merged(found, ALL_TICKETS, "")] == [str(family["101"].pk)]
        assert gather_merged(found, Reach((connection,), (mine.pk,)), "") == found


def test_a_merged_ticket_has_no_suggestion_and_says_where_it_went(acme, family, client_of):
    browser = client_of(acme)
    with bind_company(acme.binding()):
        ticket = family["102"]
        assert Brief.objects.filter(ticket=ticket).exists()
    assert 'data-insert="draft-plain"' in browser.get(f"/tickets/{ticket.pk}/").content.decode()
    with bind_company(acme.binding()):
        merge(102, 101)
    assert 'data-insert="draft-plain"' in browser.get(f"/tickets/{ticket.pk}/").content.decode()  # it waits: work like any other
    with bind_company(acme.binding()):
        Ticket.objects.filter(pk=ticket.pk).update(status_category="closed")
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'data-insert="draft-plain"' not in page
    assert "This ticket was merged into another one" in page
    assert f'href="/tickets/{family["101"].pk}/">' in page
    assert "Merged into #101" in page
    assert browser.get(f"/api/v1/tickets/{ticket.pk}/draft/").status_code == 404
    unknown = browser.get(f"/tickets/{family['105'].pk}/").content.decode()
    assert "Merged into another ticket" in unknown
    assert "#999" not in unknown


def test_the_page_and_the_api_name_both_ends_once(acme, family, client_of, django_assert_max_num_queries):
    with bind_company(acme.binding()):
        put(101, LinkData(kind="child", remote_id="103"), LinkData(kind="child", remote_id="102"), LinkData(kind="child", remote_id="888"))
        put(103, LinkData(kind="parent", remote_id="101"))
        with django_assert_max_num_queries(3):
            known = linked_to(family["101"], ALL_TICKETS)
        assert [one.remote_id for one in known.children] == ["102", "103"]
        assert linked_to(Ticket(remote_id="7", connection=make_connection()), ALL_TICKETS) == Linked()
    browser = client_of(acme)
    page = browser.get(f"/tickets/{family['101'].pk}/").content.decode()
    assert "Children: 2" in page
    assert "Merged here: 1" in page
    assert "Parent #101" in browser.get(f"/tickets/{family['102'].pk}/").content.decode()
    links = browser.get(f"/api/v1/tickets/{family['101'].pk}/").json()["links"]
    assert [(one["kind"], one["number"]) for one in links] == [("child", "102"), ("child", "103"), ("merged_from", "103")]
    assert links[0]["id"] == str(family["102"].pk)


def test_what_is_out_of_reach_is_as_if_it_were_not_there(mara):
    mara.scope("group", "1")
    foreign = mara.foreign("group", "1")
    seen = set()
    for number in set(mara.tickets) - foreign:
        page = mara.browser.get(f"/tickets/{mara.tickets[number]}/").content.decode()
        api = mara.api.get(f"/api/v1/tickets/{mara.tickets[number]}/").json()["links"]
        assert not {int(one["number"]) for one in api} & foreign
        assert {int(one["number"]) for one in api} == {number - 1, number + 1} & (set(mara.tickets) - foreign)
        assert not mara.met(page) & foreign
        for other in foreign:
            assert f"Parent #{other}<" not in page
        seen |= {int(one["number"]) for one in api}
    assert seen


def test_an_answer_that_tells_of_no_links_changes_none(acme, family):
    with bind_company(acme.binding()):
        put(101, LinkData(kind="child", remote_id="102"))
        connection = make_connection()
        store_links(connection, [ticket_data(101, "", "", status=OPEN)], {"101"})
        assert TicketLink.objects.filter(ticket=family["101"], kind="child").count() == 1
        put(101)
        assert not TicketLink.objects.filter(ticket=family["101"], kind="child").exists()
