"""Who of us is which agent of the helpdesk: by an address that was proven, or by somebody's word. Never by a typed one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.reach import ALL_TICKETS
from apps.accounts.verifying import note_verified
from apps.core.models import AuditEvent
from apps.ingest.models import Stream
from apps.ingest.streams import hurry
from apps.ingest.sync import read_feed
from apps.platforms.agents import agents_of, folded, map_agents, map_by_hand, unmap
from apps.platforms.base import AgentData, Reference
from apps.platforms.connecting import store_reference
from apps.platforms.models import Person, Ticket
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join
from tests.mirror import NOW, make_connection
from tests.simulated import running

MARA, LENA = "mara@acme.example", "lena@acme.example"


def reference(*emails: str | None) -> Reference:
    agents = tuple(AgentData(remote_id=str(number), name=f"Agent {number}", email=email) for number, email in enumerate(emails, 1))
    return Reference(statuses=(), groups=(), agents=agents, primary_language="en", languages=("en",))


def listed(*emails: str | None) -> None:
    with transaction.atomic():
        store_reference(make_connection(), reference(*emails))


def prove(person: User) -> None:
    with transaction.atomic():
        note_verified(person, mode="link")


def mapped() -> dict[str, tuple[Any, str]]:
    return {row.email: (row.user_id, row.mapped) for row in Person.objects.filter(kind="agent")}


def told() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(event="agent_mapped").order_by("seq")
    return [(row.facts["change"], row.facts["mode"]) for row in rows]


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What is told of a change is told when it is through."""
    return django_capture_on_commit_callbacks


@pytest.fixture
def mara(in_acme, make_user) -> User:
    return make_user(in_acme, email=MARA)


def test_a_typed_address_connects_nobody(mara):
    listed(MARA)
    assert mapped() == {MARA: (None, "")}
    assert agents_of(mara) == set()


def test_an_address_proven_before_or_after_the_agents_were_read_connects(mara, make_user, in_acme, committed):
    with committed(execute=True):
        prove(mara)
        listed(MARA, LENA)
        lena = make_user(in_acme, email=LENA)
        assert mapped() == {MARA: (mara.pk, "email"), LENA: (None, "")}
        prove(lena)
        assert mapped()[LENA] == (lena.pk, "email")
        assert len(agents_of(lena)) == 1
        listed(MARA, LENA)
    assert told() == [("mapped", "email")] * 2, "what stays as it was is told once"


def test_a_proven_person_who_is_given_somebody_elses_address_gets_nothing_of_theirs(in_acme, make_user, committed):
    """The attack: an admin, or whoever may write that field, sets the address of the one whose tickets they want."""
    with committed(execute=True):
        listed(MARA, LENA)
        thief = make_user(in_acme, email=LENA)
        prove(thief)
        assert len(agents_of(thief)) == 1
        thief.email = MARA
        thief.save()
        assert (thief.email_verified_at, agents_of(thief)) == (None, set())
        assert mapped() == {MARA: (None, ""), LENA: (None, "")}
        listed(MARA, LENA)
        assert agents_of(User.objects.get(pk=thief.pk)) == set()
    assert told() == [("mapped", "email"), ("unmapped", "email")]


def test_an_address_written_past_the_model_gives_nothing_away_either(in_acme, make_user):
    """A row changed by SQL keeps its mark and its mapping: what is used is looked at again."""
    listed(MARA, LENA)
    thief = make_user(in_acme, email=LENA)
    prove(thief)
    User.objects.filter(pk=thief.pk).update(email=MARA, email_verified_at=None)
    assert agents_of(User.objects.get(pk=thief.pk)) == set()
    User.objects.filter(pk=thief.pk).update(email_verified_at=timezone.now())
    agent = Person.objects.get(email=LENA)
    assert agents_of(User.objects.get(pk=thief.pk)) == set(), "the agent they were mapped to has another address"
    assert agent.user_id == thief.pk


@pytest.mark.parametrize("alike", ["m\u0131ra@acme.example", "mi\u0307ra@acme.example", "M\u0130RA@acme.example", "\uff4dira@acme.example"])
def test_an_address_that_only_looks_alike_is_another_one(in_acme, make_user, alike):
    """Rules of capitals make one letter of several; mailboxes are several all the same."""
    listed("mira@acme.example")
    other = make_user(in_acme)
    User.objects.filter(pk=other.pk).update(email=alike, email_verified_at=timezone.now())
    other = User.objects.get(pk=other.pk)
    map_agents()
    map_agents(person=other)
    assert mapped() == {"mira@acme.example": (None, "")}
    assert agents_of(other) == set()
    assert folded("MIRA@Acme.Example") == "mira@acme.example"


def test_an_address_of_two_agents_of_one_helpdesk_is_nobodys(mara):
    prove(mara)
    listed(MARA)
    listed(MARA, MARA)
    assert mapped() == {MARA: (None, "")}
    assert agents_of(mara) == set()


def test_agents_without_an_address_and_people_who_are_off_are_not_connected(mara):
    prove(mara)
    User.objects.filter(pk=mara.pk).update(is_active=False)
    listed(None, "", MARA)
    assert {row.user_id for row in Person.objects.all()} == {None}


def test_a_customer_with_my_address_is_not_me(mara):
    Person.objects.create(connection=make_connection(), remote_id="9", kind="customer", name="x", email=MARA)
    prove(mara)
    assert agents_of(mara) == set()
    assert Person.objects.get().user is None


def test_an_agent_who_gets_another_address_in_the_helpdesk_is_disconnected(mara):
    prove(mara)
    listed(MARA)
    listed("somebody.else@acme.example")
    assert mapped() == {"somebody.else@acme.example": (None, "")}


def test_what_was_said_by_hand_stays_until_it_is_taken_back(mara, make_user, in_acme, committed):
    with committed(execute=True):
        prove(mara)
        listed(MARA, LENA)
        boss = make_user(in_acme, "lead")
        assert map_by_hand(person=boss, agent_email=MARA.upper()) == 1
        listed(MARA, LENA)
        map_agents(person=mara)
        assert (agents_of(boss), agents_of(mara)) == ({Person.objects.get(email=MARA).pk}, set())
        assert unmap(person=boss) == 1
        assert mapped()[MARA] == (mara.pk, "email")
        boss.delete()
    assert told()[-3:] == [("mapped", "hand"), ("unmapped", "hand"), ("mapped", "email")]


def test_a_person_who_goes_leaves_the_agent_to_whoever_proves_it_next(in_acme, make_user):
    listed(MARA)
    first = make_user(in_acme, email="first@acme.example")
    map_by_hand(person=first, agent_email=MARA)
    first.delete()
    prove(make_user(in_acme, email=MARA))
    assert mapped()[MARA][1] == "email"


def test_the_command_says_who_is_whom(mara, capsys):
    listed(MARA)
    call_command("map_agent", "acme", MARA, agent=MARA)
    assert mapped()[MARA] == (mara.pk, "hand")
    call_command("map_agent", "acme", MARA, off=True)
    assert mapped()[MARA] == (None, "")
    for email, agent, code in (("nobody@acme.example", MARA, "user_unknown"), (MARA, LENA, "agent_unknown"), (MARA, " ", "agent_unknown")):
        with pytest.raises(CommandError, match=code):
            call_command("map_agent", "acme", email, agent=agent)


def test_agents_are_mapped_when_they_are_read_again(in_acme, settings, make_user):
    with running("--account", "generated", "--tickets", "5", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        theirs = Person.objects.filter(kind="agent").order_by("remote_id").first()
        person = make_user(in_acme, email=theirs.email)
        User.objects.filter(pk=person.pk).update(email_verified_at=timezone.now())  # meanwhile, nobody told the mapping
        hurry(connection, full=True)
        read_feed(stream_id=Stream.objects.get(kind=Stream.Kind.REFERENCE).pk, go_on=lambda: True)
    assert Person.objects.get(pk=theirs.pk).user_id == person.pk


def test_the_admin_shows_agents_and_whom_of_us_they_are(acme, client_of, make_user):
    browser = client_of(acme, "admin")
    mara = make_user(acme, email=MARA)
    with bind_company(acme.binding()):
        listed(MARA)
        Person.objects.create(connection=make_connection(), remote_id="c", kind="customer", name="A Customer", email="c@example.org")
        prove(mara)
        agent = Person.objects.get(kind="agent")
    page = browser.get("/admin/platforms/person/").content.decode()
    assert "By verified email" in page
    assert "A Customer" not in page
    assert browser.get(f"/admin/platforms/person/{agent.pk}/change/").status_code == 200
    assert browser.post(f"/admin/platforms/person/{agent.pk}/change/", {"user": ""}).status_code == 403


def test_another_company_with_the_same_address_is_another_person(acme, globex, make_user):
    with bind_company(acme.binding()):
        listed(MARA)
    with bind_company(globex.binding()):
        listed(MARA)
        theirs = make_user(globex, email=MARA)
        prove(theirs)
        assert mapped() == {MARA: (theirs.pk, "email")}
    with bind_company(acme.binding()):
        assert mapped() == {MARA: (None, "")}


def test_my_tickets_follow(mara):
    listed(MARA)
    agent = Person.objects.get(email=MARA)
    Ticket.objects.create(
        connection=agent.connection, remote_id="1", status_value="2", status_label="Open", status_category="open", agent=agent,
        created_at=NOW, updated_at=NOW, raw_hash="x",
    )  # fmt: skip
    from apps.assistant import queues

    filters = queues.Filters(view="mine")
    assert queues.tickets_of(filters, mara, ALL_TICKETS).count() == 0
    prove(mara)
    assert queues.tickets_of(filters, mara, ALL_TICKETS).count() == 1
    mara.email = "new@acme.example"
    mara.save(update_fields=["email"])
    assert queues.tickets_of(filters, mara, ALL_TICKETS).count() == 0
