"""Which tickets a person may read: what their helpdesk shows them there (docs/decisions/0054)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.ingest.models import Stream
from apps.ingest.streams import hurry
from apps.ingest.sync import read_feed
from apps.platforms.adapters.freshdesk import mapping
from apps.platforms.agents import map_by_hand, unmap
from apps.platforms.base import AgentData, GroupData, Reference
from apps.platforms.connecting import store_reference
from apps.platforms.models import Connection, Group, Person, Ticket
from apps.platforms.reach import reach_of
from tests.ingest.test_sync import allow, join
from tests.mirror import NOW, make_connection
from tests.simulated import running

HARDWARE, ORDERS = "1", "2"
MARA = "mara@helpdesk.example"


def second_connection() -> Connection:
    found = Connection(platform="freshdesk", account="orders.example", config={"base_url": "https://orders.example"})
    found.set_secrets({"api_key": "secret-key-of-the-helpdesk"})
    found.save()
    return found


def tell(connection: Connection, *agents: AgentData) -> None:
    """The helpdesk lists its groups and these agents."""
    groups = (GroupData(remote_id=HARDWARE, name="Hardware"), GroupData(remote_id=ORDERS, name="Orders"))
    with transaction.atomic():
        store_reference(
            connection, Reference(statuses=(), groups=groups, agents=agents, primary_language="en", languages=("en",))
        )


def agent(scope: str, *groups: str, remote_id: str = "7", email: str = MARA) -> AgentData:
    return AgentData(remote_id=remote_id, name="Mara", email=email, scope=scope, group_ids=groups)  # type: ignore[arg-type]


def four_tickets(connection: Connection) -> None:
    """hardware, orders, own (of Mara's, in Orders), nobody (no group, no agent)."""
    tell(connection, agent("unknown"))
    groups = {row.remote_id: row for row in Group.objects.filter(connection=connection)}
    mara = Person.objects.get(connection=connection, remote_id="7")
    for name, group, owner in (
        ("hardware", HARDWARE, None), ("orders", ORDERS, None), ("own", ORDERS, mara), ("nobody", "", None),
    ):  # fmt: skip
        Ticket.objects.create(
            connection=connection, remote_id=name, status_value="2", status_label="Open", status_category="open",
            group=groups.get(group), agent=owner, created_at=NOW, updated_at=NOW, raw_hash="x",
        )  # fmt: skip


@pytest.fixture
def helpdesk(in_acme) -> Connection:
    connection = make_connection()
    four_tickets(connection)
    return connection


@pytest.fixture
def mara(helpdesk, in_acme, make_user) -> Any:
    person = make_user(in_acme, email="m@acme.example")
    map_by_hand(person=person, agent_email=MARA)
    return person


def read_by(person: Any, connection: Connection | None = None) -> set[str]:
    rows = Ticket.objects.within(reach_of(person))
    return set((rows if connection is None else rows.filter(connection=connection)).values_list("remote_id", flat=True))


EVERY_ONE = {"hardware", "orders", "own", "nobody"}


@pytest.mark.parametrize(
    ("scope", "groups", "seen"),
    [
        ("all", (), EVERY_ONE),
        ("group", (HARDWARE,), {"hardware", "own"}),
        ("group", (HARDWARE, ORDERS), {"hardware", "orders", "own"}),
        ("group", (), {"own"}),
        ("group", ("404",), {"own"}),  # a group we have not heard of
        ("restricted", (HARDWARE, ORDERS), {"own"}),
        ("unknown", (HARDWARE,), {"own"}),  # the narrowest
    ],
)
def test_an_agent_reads_what_the_helpdesk_shows_them(helpdesk, mara, scope, groups, seen):
    tell(helpdesk, agent(scope, *groups))
    assert read_by(mara) == seen


def test_an_agent_nobody_has_told_of_counts_as_the_narrowest(helpdesk, mara):
    Person.objects.filter(email=MARA).update(scope="", groups=[])
    assert read_by(mara) == {"own"}
    assert Person(remote_id="1").scope == "unknown"


def test_who_is_no_agent_reads_all_and_so_do_admins_and_privacy_officers(helpdesk, mara, in_acme, make_user):
    tell(helpdesk, agent("restricted"))
    assert reach_of(make_user(in_acme, email="n@acme.example")) == ALL_TICKETS
    for role, whole in (("lead", False), ("agent", False), ("admin", True), ("privacy", True)):
        mara.role = role
        assert (reach_of(mara) == ALL_TICKETS) is whole, role
    mara.role = "agent"
    unmap(person=mara)
    assert read_by(mara) == EVERY_ONE


def test_what_is_stored_narrows_even_when_the_address_is_not_proven_any_more(helpdesk, mara):
    tell(helpdesk, agent("restricted"))
    Person.objects.filter(email=MARA).update(mapped=Person.Mapped.EMAIL)  # past the model: no proof is there
    assert read_by(mara) == {"own"}


def test_each_helpdesk_has_its_own_scope(helpdesk, mara):
    other = second_connection()
    four_tickets(other)
    assert read_by(mara, other) == EVERY_ONE  # nobody is connected with its agents yet
    map_by_hand(person=mara, agent_email=MARA)
    tell(helpdesk, agent("group", HARDWARE))
    tell(other, agent("restricted"))
    assert (read_by(mara, helpdesk), read_by(mara, other)) == ({"hardware", "own"}, {"own"})
    tell(other, agent("all"))
    assert (read_by(mara, helpdesk), read_by(mara, other)) == ({"hardware", "own"}, EVERY_ONE)


def test_who_is_two_agents_of_one_helpdesk_reads_what_either_may(helpdesk, mara):
    second = agent("group", HARDWARE, remote_id="8", email="second@helpdesk.example")
    tell(helpdesk, agent("restricted"), second)
    map_by_hand(person=mara, agent_email="second@helpdesk.example")
    assert read_by(mara) == {"hardware", "own"}
    tell(helpdesk, agent("restricted"), agent("all", remote_id="8", email="second@helpdesk.example"))
    assert reach_of(mara) == ALL_TICKETS


def test_a_number_of_a_scope_nobody_told_us_of_is_unknown():
    assert [mapping.scope(number) for number in range(5)] == ["unknown", "all", "group", "restricted", "unknown"]


def test_rows_and_the_plain_value_agree(helpdesk):
    """Of 300 random reaches, each over all tickets of two helpdesks."""
    other, dice = second_connection(), random.Random(54)
    four_tickets(other)
    rows = list(Ticket.objects.values_list("pk", "connection_id", "group_id", "agent_id"))
    homes, groups = [helpdesk.pk, other.pk], list(Group.objects.values_list("pk", flat=True))
    agents = list(Person.objects.values_list("pk", flat=True))
    for _ in range(300):
        reach = Reach(*(tuple(dice.sample(ids, dice.randint(0, len(ids)))) for ids in (homes, groups, agents)))
        found = set(Ticket.objects.within(reach).values_list("pk", flat=True))
        assert found == {pk for pk, *where in rows if reach.holds(*where)}


def test_a_change_in_the_helpdesk_counts_after_its_agents_were_read_once(in_acme, make_user, settings):
    with running("--account", "generated", "--tickets", "40") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        theirs = simulator.get("/agents").json()[1]
        person = make_user(in_acme, email="m@acme.example")
        map_by_hand(person=person, agent_email=theirs["contact"]["email"])
        assert reach_of(person) == ALL_TICKETS
        group = Group.objects.get(remote_id=str(theirs["group_ids"][0]))
        own = Person.objects.get(remote_id=str(theirs["id"]))
        for scope, groups, expected in (
            (2, [group.remote_id], Reach((connection.pk,), (group.pk,), (own.pk,))),
            (3, [group.remote_id], Reach((connection.pk,), (), (own.pk,))),
            (2, [], Reach((connection.pk,), (), (own.pk,))),
            (1, [group.remote_id], ALL_TICKETS),
        ):
            simulator.update(op="agent", agent=theirs["id"], scope=scope, groups=list(map(int, groups)))
            assert simulator.get(f"/agents/{theirs['id']}").json()["ticket_scope"] == scope
            hurry(connection, full=True)
            read_feed(stream_id=Stream.objects.get(kind=Stream.Kind.REFERENCE).pk, go_on=lambda: True)
            assert reach_of(person) == expected


def test_the_simulator_takes_no_scope_and_no_group_it_does_not_know(in_acme):
    with running("--account", "generated", "--tickets", "5") as simulator:
        first = simulator.get("/agents").json()[0]["id"]
        for wrong in ({"scope": 4}, {"groups": [1]}, {"agent": 1}):
            answer = simulator.control.post("/__sim/update", json={"apply": [{"op": "agent", "agent": first} | wrong]})
            assert answer.status_code == 400, wrong
