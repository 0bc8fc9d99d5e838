"""The queue: filters, counts, order and paging."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.http import QueryDict

from apps.accounts.models import User
from apps.accounts.reach import ALL_TICKETS
from apps.accounts.verifying import note_verified
from apps.assistant import queues
from apps.assistant.models import Brief
from apps.assistant.services import brief_state
from apps.platforms.agents import map_by_hand
from apps.platforms.models import Group, Person, Ticket
from apps.tenancy.context import bind_company
from tests.mirror import CLOSED, NOW, charging_case, fill, make_connection, ticket_data


@pytest.fixture
def many(in_acme, make_user):
    """Twelve waiting tickets without index or brief, two of them Mara's, and one solved."""
    connection = make_connection()
    mara = Person.objects.create(
        connection=connection, remote_id="1", kind="agent", name="Mara", email="agent@acme.example"
    )
    group = Group.objects.create(connection=connection, remote_id="7", name="Hardware")
    Ticket.objects.bulk_create(
        Ticket(
            connection=connection, remote_id=str(number), subject=f"Case {number}", status_value="2", status_label="Open",
            status_category="solved" if number == 12 else "open", language="de" if number % 2 else "en",
            agent=mara if number < 2 else None, group=group if number < 5 else None, thread_version="v1",
            priority=number % 4 + 1, tags=["charging", "Über 100 %"] if number % 3 == 0 else [],
            due_by=None if number == 3 else NOW + timedelta(hours=number % 4), created_at=NOW,
            updated_at=NOW + timedelta(minutes=number // 2), raw_hash="x",
        )
        for number in range(13)
    )  # fmt: skip
    person = make_user(in_acme)
    prove(person)
    return person


def prove(person: User) -> None:
    """As if a link mailed to their address had been followed."""
    with transaction.atomic():
        note_verified(person, mode="link")


def shown(person: User, query: str = "") -> list[str]:
    """Remote ids over all pages."""
    found, following = [], query
    while True:
        given = QueryDict(following)
        filters = queues.Filters.read(given)
        rows, following = queues.page(filters, queues.tickets_of(filters, person, ALL_TICKETS), given, ALL_TICKETS)
        found += [row.ticket.remote_id for row in rows]
        if not following:
            return found


def test_every_ticket_stands_on_exactly_one_page_in_either_order(many, monkeypatch):
    monkeypatch.setattr(queues, "PAGE", 5)
    recent, due = shown(many), shown(many, "sort=due")
    assert sorted(recent, key=int) == sorted(due, key=int) == [str(number) for number in range(12)]
    assert recent[:2] in (["11", "10"], ["10", "11"])
    assert due[-1] == "3"  # no deadline comes last
    assert set(due[:3]) == {"0", "4", "8"}


def test_filters_narrow_and_combine(many):
    assert set(shown(many, "view=mine")) == {"0", "1"}
    assert set(shown(many, "view=unassigned")) == {str(number) for number in range(2, 12)}
    assert shown(many, "status=solved") == ["12"]
    assert set(shown(many, "language=de&view=mine")) == {"1"}
    group = Group.objects.get()
    assert set(shown(many, f"group={group.pk}")) == {"0", "1", "2", "3", "4"}
    assert set(shown(many, "priority=4")) == {"3", "7", "11"}
    assert set(shown(many, "tag=charging")) == {"0", "3", "6", "9"}
    assert set(shown(many, "tag=%C3%9Cber+100+%25&priority=3")) == {"6"}
    assert shown(many, "tag=charg") == []


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "view=x",
        "state=x",
        "group=x",
        "sort=x",
        "priority=5",
        "priority=%00",
        "tag=%00",
        "after=x&id=x",
        "after=2026-13-45T00:00&id=",
        "after=2026-11-20",
    ],
)
def test_a_nonsense_query_counts_as_none(many, query):
    assert len(shown(many, query)) == 12


def test_the_side_column_counts_what_its_links_show(many):
    for status in ("waiting", "solved"):
        filters = queues.Filters(status=status)
        for section in queues.sections(filters, many, ALL_TICKETS):
            for link in section["links"]:
                if link["count"] is not None and not link["current"]:
                    assert len(shown(many, link["query"])) == link["count"], link


def test_the_side_column_is_one_statement_and_a_chosen_tag_stays_in_it(many, django_assert_num_queries):
    with django_assert_num_queries(4):  # counts, my agents, names of groups, saved views
        sections = queues.sections(queues.Filters(tag="nowhere"), many, ALL_TICKETS)
    tags = {link["label"]: link for section in sections if section["title"] == "Tags" for link in section["links"]}
    assert (tags["charging"]["count"], tags["nowhere"]["count"], tags["nowhere"]["current"]) == (4, None, True)


def test_only_the_commonest_tags_are_listed(many, monkeypatch):
    Ticket.objects.filter(remote_id="1").update(tags=[f"tag {number:02}" for number in range(20)])
    Ticket.objects.filter(remote_id="2").update(tags="no list")
    found = [link["label"] for section in queues.sections(queues.Filters(), many, ALL_TICKETS) if section["title"] == "Tags" for link in section["links"]]
    assert found[:2] == ["Über 100 %", "charging"] or found[:2] == ["charging", "Über 100 %"]
    assert len(found) == 12


def test_my_tickets_are_those_of_the_agent_with_my_proven_address(many, make_user, in_acme):
    """Decision 4: an address that was only typed is nobody's, and what a lead has said wins."""
    mara = Person.objects.get(name="Mara")
    assert (mara.user, mara.mapped) == (many, "email")
    assert queues.agents_of(many) == {mara.pk}
    User.objects.filter(pk=many.pk).update(email_verified_at=None)
    assert queues.agents_of(User.objects.get(pk=many.pk)) == set()
    assert shown(User.objects.get(pk=many.pk), "view=mine") == []
    lead = make_user(in_acme, "lead")
    map_by_hand(person=lead, agent_email="agent@acme.example")
    assert queues.agents_of(lead) == {mara.pk}
    assert queues.agents_of(many) == set()


def test_solved_tickets_are_not_counted_as_being_prepared(many):
    solved = queues.Filters(status="solved")
    assert [one.assistant_state for one in queues.with_state(queues.tickets_of(solved, many, ALL_TICKETS))] == ["off"]
    counts = {one["title"]: one["links"] for one in queues.sections(solved, many, ALL_TICKETS)}
    assert sum(link["count"] for link in counts["Assistant"]) == 0


def test_choosing_a_chosen_filter_again_leaves_it(many):
    filters = queues.Filters(language="de", view="mine")
    (link,) = [one for section in queues.sections(filters, many, ALL_TICKETS) for one in section["links"] if one.get("lang") == "de"]
    assert link["current"]
    assert parse_qs(link["query"]) == {"view": ["mine"]}


def test_the_state_in_sql_is_the_state_of_the_service(in_acme, make_user):
    charging_case()
    fill([(ticket_data(103, "Fjord hum", "There is a hum on the left channel."), [])])
    fill([(ticket_data(104, "Old", "An old one that was closed.", status=CLOSED), [])])
    Brief.objects.filter(ticket__remote_id="103").update(thread_version="older")
    for ticket in queues.with_state(Ticket.objects.all()):
        stored = Brief.objects.filter(ticket=ticket).first()
        assert ticket.assistant_state == brief_state(ticket, stored), ticket


def test_the_page_reads_the_query_and_opens_a_ticket_by_its_number(acme, client_of):
    with bind_company(acme.binding()):
        charging_case()
        ticket = Ticket.objects.get(remote_id="102")
    browser = client_of(acme)
    found = browser.get("/?number=%23102")
    assert urlsplit(found["Location"]).path == f"/tickets/{ticket.pk}/"
    missing = browser.get("/?number=4711").content.decode()
    assert "No ticket has this number: #4711" in missing
    solved = browser.get("/?status=closed").content.decode()
    assert "Right earbud dead" in solved
    assert "Left earbud" not in solved
    assert "No tickets match these filters." in browser.get("/?language=fr").content.decode()
