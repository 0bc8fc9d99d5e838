"""What a person sent is in the helpdesk exactly once, whatever the line, the helpdesk or the process did (docs/decisions/0064)."""

from __future__ import annotations

import os
import random
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assistant.models import Brief
from apps.core.errors import Conflict, EffectUnknown, Forbidden, RateLimited
from apps.ingest.models import Outbox
from apps.ingest.outbox import due_kinds
from apps.platforms import ordering, sending
from apps.platforms.changes import TicketChange
from apps.platforms.markup import to_html
from apps.platforms.models import Connection, Message, Person, Ticket
from apps.platforms.ordering import order_again
from apps.platforms.outgoing import Outgoing, Unsent
from apps.tenancy.context import bind_company
from apps.tenancy.limits import declare_rate
from tests.faults.test_sync_kills import let_go
from tests.isolation.companies import companies
from tests.mirror import work_off_everything
from tests.platforms.desk import Desk, open_desk, pass_time, send_all
from tests.simulated import NOW, running

TICKETS = ("--account", "generated", "--tickets", "12", "--now", NOW, "--plan", "unlimited")
TEXT = "Hello,\n\nhold the button for 15 seconds. See https://help.example.org/?a=1&b=2\n\nKind regards"
State = Outgoing.State


@pytest.fixture(scope="module")
def account():
    with running(*TICKETS) as simulator:
        yield simulator


@pytest.fixture
def desk(account, settings, in_acme, make_user) -> Desk:
    yield open_desk(account, settings, in_acme, make_user)
    account.tell("faults", faults=[])


def faults(desk: Desk, *kinds: str, seconds: float = 1.0) -> None:
    """The first write meets the first of them, the second the next."""
    rules = [
        {"kind": kind, "method": method, "at": [place], "seconds": seconds, "retry_after": "3", "path": "/api/v2/tickets"}
        for place, kind in enumerate(kinds, 1) for method in ("POST", "PUT")
    ]  # fmt: skip
    desk.simulator.tell("faults", faults=rules)


def test_a_reply_is_sent_once_and_is_in_the_mirror_at_once(desk):
    mails = len(desk.simulator.told("mails"))
    order = desk.order(1, TEXT)
    sending.send(order.pk)
    order.refresh_from_db()
    assert (order.state, order.code, order.attempts) == (State.SENT, "", 1)
    message = Message.objects.get(ticket=order.ticket, remote_id=order.remote_id)
    assert (message.kind, message.author, message.visibility) == ("reply", "agent", "public")
    assert message.author_name == str(desk.agent) and message.number == desk.ticket(1).message_count
    sending.send(order.pk)
    assert [row["body"] for row in desk.thread(1)].count(to_html(TEXT)) == 1
    assert len(desk.simulator.told("mails")) == mails + 1


def test_a_note_is_private_and_mails_nobody(desk):
    mails = len(desk.simulator.told("mails"))
    order = desk.order(2, "For us alone", "note")
    sending.send(order.pk)
    assert desk.thread(2)[-1]["private"] is True
    assert Message.objects.get(ticket=order.ticket, remote_id=Outgoing.objects.get().remote_id).visibility == "private"
    assert len(desk.simulator.told("mails")) == mails


def test_a_change_of_the_ticket_is_in_the_mirror_and_is_not_repeated_where_it_holds(desk):
    change = TicketChange(status="3", priority=4, tags=("vip",))
    order = desk.order(3, "", "update", change=change)
    faults(desk, "reset_after")
    sending.send(order.pk)
    assert Outgoing.objects.get().state == State.UNKNOWN
    pass_time()
    desk.simulator.control.request("DELETE", "/__sim/log")
    sending.send(order.pk)
    assert Outgoing.objects.get().state == State.SENT
    assert not [row for row in desk.simulator.told("log")["requests"] if row["method"] == "PUT"]
    ticket = desk.ticket(3)
    assert (ticket.status_category, ticket.priority, ticket.tags) == ("pending", 4, ["vip"])


def test_a_ticket_is_taken_from_its_agent_and_group_and_that_is_seen_where_the_answer_was_lost(desk):
    group = desk.simulator.get("/groups").json()[0]["id"]
    desk.order(2, "", "update", change=TicketChange(agent_id=desk.agent.remote_id, group_id=str(group)))
    assert send_all() >= 1
    assert (desk.ticket(2).agent_id, desk.ticket(2).group.remote_id) == (desk.agent.pk, str(group))
    order = desk.order(2, "", "update", change=TicketChange(agent_id="", group_id=""))
    faults(desk, "reset_after")
    sending.send(order.pk)
    pass_time()
    desk.simulator.control.request("DELETE", "/__sim/log")
    sending.send(order.pk)
    assert Outgoing.objects.get(pk=order.pk).state == State.SENT
    assert not [row for row in desk.simulator.told("log")["requests"] if row["method"] == "PUT"]
    there = desk.simulator.get("/tickets/2").json()
    assert (there["responder_id"], there["group_id"]) == (None, None)
    assert (desk.ticket(2).agent, desk.ticket(2).group) == (None, None)


def test_the_same_key_is_the_same_order_and_stands_for_nothing_else(desk):
    first = desk.order(1, "Once", key="key-of-a-page")
    assert desk.order(1, " Once\r\n", key="key-of-a-page").pk == first.pk
    for changed in ({"text": "Other"}, {"kind": "note"}, {"number": 2}):
        with pytest.raises(Conflict):
            desk.order(**({"number": 1, "text": "Once", "kind": "reply", "key": "key-of-a-page"} | changed))
    assert Outgoing.objects.count() == 1


def test_what_went_wrong_is_looked_at_before_it_is_repeated(desk):
    for number, fault in enumerate(("reset_after", "truncated", "reset_before", "500", "html_200"), 4):
        text = f"After {fault}"
        faults(desk, fault)
        order = desk.order(number, text)
        sending.send(order.pk)
        order.refresh_from_db()
        assert (order.state, order.attempts) == (State.UNKNOWN, 1)
        pass_time()
        sending.send(order.pk)
        order.refresh_from_db()
        done = fault in ("reset_after", "truncated", "html_200")
        assert (order.state, order.attempts) == (State.SENT, 1 if done else 2)
        assert desk.texts(number)[text] == 1


def test_a_call_that_may_still_arrive_is_not_repeated_before_its_time(desk):
    faults(desk, "reset_before")
    order = desk.order(9, "Perhaps under way")
    sending.send(order.pk)
    order.refresh_from_db()
    assert timedelta(seconds=25) < order.repeat_at - timezone.now() <= timedelta(seconds=sending.ARRIVES_SECONDS)
    Outgoing.objects.update(due_at=timezone.now())
    sending.send(order.pk)
    order.refresh_from_db()
    assert (order.state, order.attempts, order.due_at) == (State.UNKNOWN, 1, order.repeat_at)


def test_silence_is_no_answer(desk, monkeypatch):
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.3)
    faults(desk, "slow", seconds=1.5)
    order = desk.order(10, "Said into silence")
    sending.send(order.pk)
    order.refresh_from_db()
    assert (order.state, order.code) == (State.UNKNOWN, "effect_unknown")
    send_all()
    assert desk.texts(10)["Said into silence"] == 1


def test_equal_words_of_two_orders_are_two_messages(desk):
    first, second = desk.order(11, "Thank you"), desk.order(11, "Thank you")
    sending.send(second.pk)
    assert Outgoing.objects.get(pk=second.pk).attempts == 0, "one after the other"
    faults(desk, "reset_after", "reset_before")
    for _ in range(2):
        pass_time()
        sending.send(first.pk)
    assert Message.objects.filter(ticket=first.ticket, text="Thank you").delete()[0], "a mirror that is behind"
    send_all()
    assert desk.texts(11)["Thank you"] == 2
    assert len(set(Outgoing.objects.filter(pk__in=[first.pk, second.pk]).values_list("remote_id", flat=True))) == 2


def test_older_words_and_words_of_others_are_not_taken_for_ours(desk):
    other = Person.objects.filter(kind="agent").exclude(pk=desk.agent.pk).first()
    desk.simulator.api.post("/api/v2/tickets/12/reply", json={"body": "<p>Same</p>", "user_id": int(desk.agent.remote_id)})
    desk.simulator.tell("clock", advance=60)
    desk.simulator.api.post("/api/v2/tickets/12/reply", json={"body": "<p>Same</p>", "user_id": int(other.remote_id)})
    faults(desk, "reset_before")
    desk.order(12, "Same")
    send_all()
    assert desk.texts(12)["Same"] == 2


def test_a_turn_that_lasted_too_long_writes_nothing_down(desk):
    order = desk.order(1, "Late")
    turn = sending._take(order.pk)
    assert sending._take(order.pk) is None, "one at a time"
    Outgoing.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    newer = sending._take(order.pk)
    assert newer.fence > turn.fence
    assert not sending._begin(turn)
    sending._settle_call(turn, EffectUnknown("late"))
    sending._close(turn, State.FAILED, "late")
    order.refresh_from_db()
    assert (order.state, order.code, order.fence) == (State.QUEUED, "", newer.fence)


def test_what_was_sent_away_waits_and_what_was_refused_ends(desk):
    faults(desk, "429")
    waits = desk.order(1, "Not now")
    sending.send(waits.pk)
    waits.refresh_from_db()
    assert waits.state == State.QUEUED and waits.due_at > timezone.now() + timedelta(seconds=1)
    send_all()
    desk.simulator.update(op="trash", ticket=2)
    ended = desk.order(2, "Into the trash")
    sending.send(ended.pk)
    ended.refresh_from_db()
    assert (ended.state, ended.code) == (State.FAILED, "ticket_closed_to_writes")
    desk.simulator.update(op="restore", ticket=2)
    assert order_again(person=desk.person, order=ended) and not order_again(person=desk.person, order=ended)
    send_all()
    assert desk.texts(2)["Into the trash"] == 1


def test_a_reply_that_waited_for_an_hour_is_not_sent_without_asking(desk):
    order = desk.order(1, "Old news")
    Outgoing.objects.update(ordered_at=timezone.now() - sending.LATE)
    sending.send(order.pk)
    order.refresh_from_db()
    assert (order.state, order.code) == (State.FAILED, "too_late")
    assert desk.texts(1)["Old news"] == 0


def test_what_never_gets_through_is_given_up_and_was_not_sent(desk):
    desk.simulator.tell("faults", faults=[{"kind": "500", "method": "POST", "rate": 1.0}])
    order = desk.order(1, "Never")
    send_all()
    order.refresh_from_db()
    assert (order.state, order.code, order.attempts) == (State.FAILED, "gave_up", sending.TRIES)
    assert desk.texts(1)["Never"] == 0


def test_who_is_no_agent_there_may_not_write(desk, in_acme, make_user):
    stranger = make_user(in_acme, email="typed@acme.example")
    with pytest.raises(Forbidden) as refused:
        ordering.order(person=stranger, ticket=desk.ticket(1), kind="note", key="some-key-1", text="x")
    assert refused.value.code == "agent_unmapped"
    Connection.objects.update(state=Connection.State.REJECTED)
    with pytest.raises(Forbidden) as refused:
        desk.order(1, "x")
    assert refused.value.code == "connection_refused"
    assert not Outgoing.objects.exists()


def test_a_person_may_send_so_many_and_no_more(desk, monkeypatch):
    monkeypatch.setattr(ordering, "SENDS", declare_rate("platforms.sends_here", burst=3, seconds=60))
    for number in range(3):
        desk.order(1, f"number {number}", "note")
    with pytest.raises(RateLimited):
        desk.order(1, "one more", "note")
    assert Outgoing.objects.count() == 3


def test_the_sync_sees_its_own_write_once_and_makes_one_brief(desk, monkeypatch):
    work_off_everything()
    ticket = Ticket.objects.waiting().exclude(brief=None).first()
    number, made = int(ticket.remote_id), Brief.objects.get(ticket=ticket).made_at
    before = Message.objects.filter(ticket=ticket).count()
    order = desk.order(number, TEXT)
    sending.send(order.pk)
    here = Ticket.objects.get(pk=ticket.pk)
    assert here.thread_version != ticket.thread_version
    briefs = []
    for _ in range(3):
        desk.simulator.tell("clock", advance=90)
        desk.poll()
        work_off_everything()
        briefs.append(Brief.objects.get(ticket=ticket))
    there = Ticket.objects.get(pk=ticket.pk)
    assert there.thread_version == here.thread_version == briefs[0].thread_version
    assert Message.objects.filter(ticket=ticket).count() == before + 1
    assert briefs[0].made_at > made and {one.made_at for one in briefs} == {briefs[0].made_at}
    assert due_kinds() == [] and not Outbox.objects.filter(kind=Outbox.Kind.THREAD).exists()


def test_text_goes_with_its_ticket_and_what_was_begun_with_its_person(desk):
    from apps.ingest.deletions import erase_tickets

    order = desk.order(1, "Words about Priya", "note")
    Unsent.objects.create(user=desk.person, ticket=desk.ticket(1), text="Half a sent")
    Unsent.objects.create(user=desk.person, ticket=desk.ticket(2), text="Half")
    erase_tickets([order.ticket_id])
    assert not Outgoing.objects.exists() and Unsent.objects.get().text == "Half"
    sending.send(order.pk)
    desk.person.delete()
    assert not Unsent.objects.exists()


def chaos(desk: Desk, count: int, seed: int) -> None:
    """So many replies while a third of all calls go wrong: each is there once, and mailed once."""
    mails = len(desk.simulator.told("mails"))
    rates = {"reset_before": 0.08, "reset_after": 0.08, "500": 0.05, "503": 0.05, "truncated": 0.04, "html_200": 0.04,
             "slow": 0.02, "429": 0.04}  # fmt: skip
    rules = [
        {"kind": kind, "rate": rate, "seconds": 0.6, "retry_after": "1", "path": "/api/v2/tickets"}
        for kind, rate in rates.items()
    ]
    desk.simulator.tell("faults", faults=rules, seed=seed)
    dice, numbers = random.Random(seed), range(1, 13)
    texts = [f"Reply number {number} of seed {seed}: hold the button." for number in range(count)]
    for begin in range(0, count, 12):
        for text in texts[begin : begin + 12]:
            desk.order(dice.choice(numbers), text)
        send_all(400)
    desk.simulator.tell("faults", faults=[])
    found = desk.texts(*numbers)
    assert {text: found[text] for text in texts if found[text] != 1} == {}
    assert len(desk.simulator.told("mails")) - mails == count
    assert Outgoing.objects.filter(state=State.SENT).count() == count
    desk.simulator.tell("clock", advance=90)
    desk.poll()
    kept = Message.objects.filter(text__startswith="Reply number", text__contains=f"of seed {seed}:")
    assert kept.count() == count == kept.values("remote_id").distinct().count()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.3)
    monkeypatch.setattr(sending, "TRIES", 1000)
    monkeypatch.setattr(ordering, "SENDS", declare_rate("platforms.sends_many", burst=5000, seconds=1))


@pytest.mark.verify
def test_a_hundred_replies_on_a_bad_line_arrive_once_each(desk, impatient):
    chaos(desk, 100, 64)


@pytest.mark.soak
def test_a_thousand_replies_on_a_bad_line_arrive_once_each(desk, impatient):
    chaos(desk, 1000, int(os.environ.get("SENDS_SEED", "64")))


POINTS = ("_take", "_begin", "_call", "_settle_call", "_close")


def die_in_a_child(company, order_id, point: str, after: bool) -> None:
    """A sender that is killed before or after one of its steps."""
    let_go()
    child = os.fork()
    if child == 0:
        step = getattr(sending, point)

        def killed(*given, **named):
            if after:
                step(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        async def killed_later(*given, **named):
            if after:
                await step(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(sending, point, killed_later if point == "_call" else killed)
        try:
            with bind_company(company.binding()):
                sending.send(order_id)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"it did not come to {point}"


def test_a_sender_killed_at_any_step_sends_once(
    django_db_setup, django_db_blocker, superuser_url, settings, make_user
):
    with django_db_blocker.unblock(), companies(superuser_url, "killed") as [company], running(*TICKETS) as simulator:
        with bind_company(company.binding()):
            desk = open_desk(simulator, settings, company, make_user)
            steps = [(point, after) for point in POINTS for after in (False, True)]
            for number, (point, after) in enumerate(steps, 1):
                for kind in ("reply", "note"):
                    text = f"{kind} and killed {'after' if after else 'before'} {point}"
                    order = desk.order(number, text, kind)
                    die_in_a_child(company, order.pk, point, after)
                    send_all()
                    order.refresh_from_db()
                    assert order.state == State.SENT and desk.texts(number)[text] == 1, text
            assert len(simulator.told("mails")) == len(steps)
