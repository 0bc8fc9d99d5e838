"""Support access: asked, answered, entered, read-only, ended; in both companies' trails; and every way around it."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.core import signing
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.console import support
from apps.console.models import SupportAccess, SupportRequest
from apps.core.audit import record
from apps.core.errors import Forbidden
from apps.core.models import AuditEvent
from apps.ingest.tasks import sync_stream
from apps.platforms.models import Message, Ticket
from apps.tenancy.context import bind_company, current_company, read_only
from tests.console.steps import ask, at_operators, at_visited, decide, link_of, signed_in, trail, visit, walk_in

pytestmark = pytest.mark.usefixtures("standing_halls")


@pytest.fixture
def ticket(halls):
    with bind_company(halls.visited.binding()):
        return Ticket.objects.get(remote_id="102")


def test_the_whole_way_stands_in_both_trails(halls, deliver, ticket):
    browser, asked = visit(halls, deliver)
    page = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "earbud" in page
    assert "als Support hier" in page or "You are here as support" in page
    assert decide(halls, deliver, asked, "end").status_code == 302
    assert browser.get("/")["Location"].startswith("/sign-in/")  # the next request already
    subject = f"access:{asked.pk}"
    both = ["support_requested", "support_approved", "support_entered", "support_ended"]
    assert trail(halls.visited, subject) == both
    assert trail(halls.operators, subject) == both
    with bind_company(halls.visited.binding()):
        read = AuditEvent.objects.filter(event="support_read").latest("seq")
        entered = AuditEvent.objects.filter(event="support_entered").latest("seq")
    assert (read.subject, read.facts) == (f"ticket:{ticket.pk}", {"route": "assistant:ticket"})
    assert read.principal == entered.principal
    assert read.principal.startswith("operator:")
    assert str(asked.requested_by_id) not in read.principal  # a pseudonym: AUD-3
    assert at_operators(halls, asked).state == "ended"


def test_admins_see_the_request_with_its_reason_on_their_pages(halls, deliver):
    admin = signed_in(halls.visited, "admin")
    assert "Support asks for access" not in admin.get("/").content.decode()
    ask(halls, deliver, reason="Why <b>tickets</b> stay away")
    assert "Support asks for access" in admin.get("/").content.decode()
    page = admin.get("/support-access/").content.decode()
    assert "Why &lt;b&gt;tickets&lt;/b&gt; stay away" in page
    assert "Olga Ops" in page
    assert "Support asks for access" not in signed_in(halls.visited, "agent").get("/").content.decode()


def test_nobody_gets_in_before_an_admin_says_yes(halls, deliver):
    asked = ask(halls, deliver)
    olga = signed_in(halls.operators, "operator")
    assert olga.post(f"/console/support/{asked.pk}/").status_code == 409
    facts = {"access": str(asked.pk), "operator": str(asked.requested_by_id), "nonce": str(asked.pk)}
    forged_early = signing.dumps(facts, salt="deskhand.support:visited")  # even with our own seal
    browser, answer = walk_in(f"/support/enter/?pass={forged_early}")
    assert answer.status_code == 403
    assert browser.get("/").status_code == 302
    decide(halls, deliver, asked, "deny")
    assert olga.post(f"/console/support/{asked.pk}/").status_code == 409
    assert walk_in(f"/support/enter/?pass={forged_early}")[1].status_code == 403
    assert trail(halls.visited, f"access:{asked.pk}") == ["support_requested", "support_denied"]
    assert trail(halls.operators, f"access:{asked.pk}") == ["support_requested", "support_denied"]
    assert decide(halls, deliver, asked, "approve").status_code == 409


@pytest.mark.parametrize("minutes", ["", "0", "61", "600", "-5", "x"])
def test_a_time_that_is_not_offered_is_not_asked_for(halls, minutes):
    olga = signed_in(halls.operators, "operator")
    answer = olga.post("/console/companies/visited/support/", {"reason": "Look", "minutes": minutes})
    assert answer.status_code == 400
    with bind_company(halls.operators.binding()):
        assert not SupportRequest.objects.exists()


def test_a_reason_is_needed_and_a_second_request_is_not(halls, deliver):
    olga = signed_in(halls.operators, "operator")
    for reason in ("", "   ", "x" * 501):
        answer = olga.post("/console/companies/visited/support/", {"reason": reason, "minutes": "15"})
        assert answer.status_code == 400
    ask(halls, deliver)
    answer = olga.post("/console/companies/visited/support/", {"reason": "Again", "minutes": "15"})
    assert answer.status_code == 409
    for company in ("operator", "nowhere"):
        answer = olga.post(f"/console/companies/{company}/support/", {"reason": "Look", "minutes": "15"})
        assert answer.status_code == 404


def test_the_database_holds_the_time_box(halls, deliver):
    asked = ask(halls, deliver)
    decide(halls, deliver, asked, "approve")
    until = at_visited(halls, asked).until
    assert until <= timezone.now() + timedelta(minutes=15)
    with bind_company(halls.visited.binding()), pytest.raises(IntegrityError, match="time_box"):
        SupportAccess.objects.filter(pk=asked.pk).update(until=until + timedelta(minutes=46))


def test_time_ends_the_visit_with_the_next_request(halls, deliver, superuser_url):
    browser, asked = visit(halls, deliver)
    assert browser.get("/").status_code == 200
    with psycopg.connect(superuser_url) as admin:  # an hour goes by
        admin.execute(
            "UPDATE c_visited.console_supportaccess SET requested_at = requested_at - interval '1 h',"
            " answered_at = answered_at - interval '1 h', until = until - interval '1 h' WHERE id = %s", [asked.pk]
        )  # fmt: skip
    assert browser.get("/").status_code == 302
    assert browser.post("/support/leave/").status_code == 302
    assert at_visited(halls, asked).word == "lapsed"
    page = signed_in(halls.visited, "admin").get("/support-access/").content.decode()
    assert "Time is over" in page


def test_a_request_nobody_answered_for_a_day_is_void(halls, deliver, superuser_url):
    asked = ask(halls, deliver)
    with psycopg.connect(superuser_url) as admin:
        for schema, table in (("c_visited", "supportaccess"), ("c_operator", "supportrequest")):
            admin.execute(f"UPDATE {schema}.console_{table} SET requested_at = requested_at - interval '25 h'")
    assert decide(halls, deliver, asked, "approve").status_code == 409
    assert at_visited(halls, asked).state == "pending"
    with bind_company(halls.operators.binding()):
        assert support.waiting_requests("visited") == []


def test_a_pass_works_once_for_its_company_and_shortly(halls, deliver, monkeypatch):
    asked = ask(halls, deliver)
    decide(halls, deliver, asked, "approve")
    link = link_of(halls, asked)
    from django.test import Client

    looked = Client(headers={"host": "visited.localhost"}).get(link)
    assert looked.status_code == 200
    assert "Sync hangs since Monday" in looked.content.decode()
    assert walk_in(link, host="bystander.localhost")[1].status_code == 403
    assert walk_in(link, host="operator.localhost")[1].status_code == 404
    assert walk_in(link + "x")[1].status_code == 403
    assert walk_in(link)[1].status_code == 302  # looking used nothing up
    assert walk_in(link)[1].status_code == 403
    second = link_of(halls, asked)
    monkeypatch.setattr("django.core.signing.time.time", lambda: __import__("time").monotonic() + 10**10)
    assert walk_in(second)[1].status_code == 403


def test_only_who_asked_gets_the_link(halls, deliver):
    asked = ask(halls, deliver)
    decide(halls, deliver, asked, "approve")
    with bind_company(halls.operators.binding()):
        User.objects.make(email="otto@operator.example", name="Otto", role="operator")
        otto = User.objects.get(email="otto@operator.example")
        with pytest.raises(Exception, match="not open"):
            support.make_pass(request=at_operators_now(asked), person=otto)
        otto.delete()


def at_operators_now(asked):
    return SupportRequest.objects.get(pk=asked.pk)


def test_a_visitor_sees_no_private_note_and_nothing_made_from_one(halls, deliver, ticket):
    with bind_company(halls.visited.binding()):
        note = Message.objects.filter(ticket=ticket).first()
        Message.objects.filter(pk=note.pk).update(visibility="private", text="CNRY-note", html="<p>CNRY-note</p>")
    try:
        browser, _asked = visit(halls, deliver)
        assert "CNRY-note" not in browser.get(f"/tickets/{ticket.pk}/").content.decode()
        assert browser.get(f"/sources/messages/{note.pk}/").status_code == 404
        assert browser.get(f"/messages/{note.pk}/sent/").status_code == 404
        agent = signed_in(halls.visited, "agent")
        assert "CNRY-note" in agent.get(f"/tickets/{ticket.pk}/").content.decode()
    finally:
        with bind_company(halls.visited.binding()):
            Message.objects.filter(pk=note.pk).update(visibility="public", text=note.text, html=note.html)


def test_the_database_refuses_what_the_edge_let_through(halls):
    """Every way to write, tried inside a visit's binding: the mark of the audit trail is all that is added."""
    tried = {
        "insert": lambda: User.objects.make(email="eve@visited.example", name="Eve", role="agent"),
        "update": lambda: Ticket.objects.update(subject="gone"),
        "delete": lambda: Message.objects.all().delete(),
        "lock": lambda: list(Ticket.objects.select_for_update()),
        "raw": lambda: connection.cursor().execute("DELETE FROM platforms_ticket"),
        "way back": lambda: connection.cursor().execute("SET TRANSACTION READ WRITE"),
        "setting": lambda: connection.cursor().execute("SELECT set_config('transaction_read_only', 'off', true)"),
        "sequence": lambda: connection.cursor().execute("SELECT nextval('ingest_outbox_id_seq')"),
    }
    with bind_company(halls.visited.binding()):
        before = (Ticket.objects.filter(subject="gone").count(), Message.objects.count(), User.objects.count())
        assert Ticket.objects.exists()  # a transaction of before does not count
        read_only()
        assert current_company().read_only
        for name, write in tried.items():
            with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
                write()
            if name not in ("lock",):  # and without a transaction of ours around it
                with pytest.raises((InternalError, ProgrammingError)):
                    write()
        record("support_read", route="assistant:queue")
        with pytest.raises(InternalError):
            Ticket.objects.update(subject="gone")
        with pytest.raises(Forbidden):
            sync_stream.delay("0198c0de-0000-7000-8000-00000000000a")
        assert before == (Ticket.objects.filter(subject="gone").count(), Message.objects.count(), User.objects.count())


def test_a_binding_that_becomes_read_only_inside_a_transaction_stops_writing_there(halls):
    with bind_company(halls.visited.binding()), pytest.raises(InternalError), transaction.atomic():
        assert Ticket.objects.exists()
        read_only()
        Ticket.objects.update(subject="gone")


def test_a_page_that_writes_is_refused_not_broken(halls, deliver, monkeypatch):
    """The last wall: a page somebody adds later, that writes on GET."""
    browser, _asked = visit(halls, deliver)
    monkeypatch.setattr("apps.assistant.queues.heading", lambda filters: Ticket.objects.update(subject="gone"))
    browser.raise_request_exception = False
    answer = browser.get("/")
    assert answer.status_code == 403
    with bind_company(halls.visited.binding()):
        assert not Ticket.objects.filter(subject="gone").exists()


def test_lost_messages_are_told_again(halls, deliver):
    from apps.console.tasks import ask_companies
    from tests.console.conftest import _drain

    olga = signed_in(halls.operators, "operator")
    olga.post("/console/companies/visited/support/", {"reason": "Look", "minutes": "15"})
    _drain(run=False)  # the queue loses it
    ask_companies()
    deliver()
    with bind_company(halls.operators.binding()):
        asked = SupportRequest.objects.get()
    signed_in(halls.visited, "admin").post(f"/support-access/{asked.pk}/", {"verb": "approve"})
    _drain(run=False)
    assert at_operators(halls, asked).state == "pending"
    for _twice in range(2):
        ask_companies()
        deliver()
    assert at_operators(halls, asked).is_open
    assert trail(halls.visited, f"access:{asked.pk}") == ["support_requested", "support_approved"]
    assert trail(halls.operators, f"access:{asked.pk}") == ["support_requested", "support_approved"]


def test_leaving_ends_the_access(halls, deliver):
    browser, asked = visit(halls, deliver)
    assert browser.post("/support/leave/").status_code == 302
    assert browser.get("/").status_code == 302
    assert at_visited(halls, asked).state == "ended"
    olga = signed_in(halls.operators, "operator")
    deliver()
    assert olga.post(f"/console/support/{asked.pk}/").status_code == 409
