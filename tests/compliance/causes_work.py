"""A real door for every event about settings, exports, the assistant and the operators: a request, a command, a task."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.core.models import CompanyKey
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe, work_off
from apps.ingest.streams import due_streams, ensure_streams, hurry
from apps.ingest.sync import sync_page
from apps.platforms import sending
from apps.platforms.budget import forget_refusal
from apps.platforms.connecting import refuse
from apps.platforms.models import Article, Attachment, Connection, Message, Person, Ticket
from apps.platforms.outgoing import Outgoing
from apps.tenancy import lifecycle
from apps.tenancy.context import bind_company
from apps.tenancy.orders import newest_orders
from apps.tenancy.provisioning import create_company
from tests.compliance.causes import NOBODY, Entry, Place, bearer, causes, sent, told
from tests.console.steps import ask, at_visited, decide, link_of, signed_in, visit, walk_in
from tests.isolation.companies import drop
from tests.simulated import KEY, Simulator, running

# --- settings and exports


@contextlib.contextmanager
def connected(place: Place) -> Iterator[tuple[Simulator, Connection]]:
    """`bystander` with a helpdesk."""
    with running("--account", "generated", "--tickets", "1", "--plan", "unlimited") as simulator:
        place.allow(simulator.url.removeprefix("http://"))
        told("connect", "bystander", "freshdesk", base_url=simulator.url, api_key=KEY)
        with bind_company(place.halls.other.binding()):
            made = Connection.objects.latest("created_at")
        yield simulator, made


@causes("connection_saved")
def connect_a_helpdesk(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        return [Entry("bystander", "", f"connection:{made.pk}", {"platform": "freshdesk"})]


@causes("webhook_changed")
def make_an_address(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        told("make_webhook", "bystander")
        return [Entry("bystander", "", f"connection:{made.pk}", {"change": "made"})]


@causes("webhook_changed")
def renew_and_end_an_address(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        admin, where = signed_in(place.halls.other, "admin"), f"/webhooks/{made.pk}/"
        who = f"user:{place.who('admin', place.halls.other)}"
        sent(admin.post(where, {"action": "make"}), 200)
        sent(admin.post(where, {"action": "end"}), 302)
        return [Entry("bystander", who, f"connection:{made.pk}", {"change": change}) for change in ("rotated", "ended")]


@causes("label_set")
def choose_a_label(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        admin, who = signed_in(place.halls.other, "admin"), f"user:{place.who('admin', place.halls.other)}"
        sent(admin.post(f"/ai-label/{made.pk}/", {"reply": "on"}), 302)
        return [Entry("bystander", who, f"connection:{made.pk}", {"change": "reply"})]


@causes("portals_set")
def say_whose_a_portal_is(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        admin, who = signed_in(place.halls.other, "admin"), f"user:{place.who('admin', place.halls.other)}"
        sent(admin.post(f"/products/{made.pk}/", {}), 302)
        return [Entry("bystander", who, f"connection:{made.pk}", {"count": 0})]


@causes("webhook_refused")
def guess_an_address(place: Place) -> list[Entry]:
    sent(NOBODY.post("/hooks/visited/guessed/", {"ticket_id": 1}, content_type="application/json"), 404)
    return [Entry("visited")]


@causes("connection_refused")
def change_the_key_at_the_helpdesk(place: Place) -> list[Entry]:
    with connected(place) as (simulator, made), bind_company(place.halls.other.binding()):
        simulator.tell("key", api_key="another")
        ensure_streams(made)
        for _ in range(5):  # an answer that is late on a busy machine makes the account rest, and then nobody asks
            forget_refusal(made.pk)
            hurry(made)
            for stream_id in due_streams():
                sync_page(stream_id=stream_id)
            if Connection.objects.get(pk=made.pk).state == Connection.State.REJECTED:
                break
        return [Entry("bystander", "", f"connection:{made.pk}", {"code": "credentials_rejected"})]


@causes("notice_sent")
def stop_a_connection(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made), bind_company(place.halls.other.binding()):
        refuse(made.pk, "credentials_rejected")
        while work_off(Outbox.Kind.NOTICE):
            pass
        who = place.who("admin", place.halls.other)
        return [Entry("bystander", "", f"user:{who}", {"kind": "refused"})]


@causes("agent_mapped")
def say_whom_an_agent_is(place: Place) -> list[Entry]:
    with connected(place), bind_company(place.halls.other.binding()):
        agent = Person.objects.filter(kind="agent").exclude(email="").latest("remote_id")
        person = User.objects.make(email="agent-to-be@bystander.example", name="x", role="agent")
        told("map_agent", "bystander", person.email, agent=agent.email)
        return [Entry("bystander", "", f"user:{person.pk}", {"change": "mapped", "mode": "hand"})]


@causes("file_opened")
def click_a_file(place: Place) -> list[Entry]:
    with bind_company(place.halls.visited.binding()):
        message = Message.objects.filter(ticket__remote_id="102").first()
        file = Attachment.objects.create(message=message, remote_id="1", name="a.txt")
    signed_in(place.halls.visited, "agent").get(f"/files/{file.pk}/")
    who = place.who("agent")
    return [Entry("visited", f"user:{who}", f"attachment:{file.pk}", {"outcome": "address_refused"})]


@causes("file_reading_changed")
def have_no_files_read(place: Place) -> list[Entry]:
    with connected(place):
        told("read_files", "bystander", "off")
        return [Entry("bystander", "", "", {"change": "off"})]


@causes("sync_paused")
def pause_the_sync(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        told("pause_sync", "bystander")
        return [Entry("bystander", "", f"connection:{made.pk}")]


@causes("tickets_synced")
def read_a_ticket_again(place: Place) -> list[Entry]:
    with connected(place):
        told("sync", "bystander", tickets="7,8")
        return [Entry("bystander", "", "", {"count": 2})]


@causes("reindex_ordered")
def index_again(place: Place) -> list[Entry]:
    told("reindex", "bystander", all=True, afresh=True)
    with bind_company(place.halls.other.binding()):
        count = Ticket.objects.count() + Article.objects.count()
    return [Entry("bystander", "", "", {"count": count, "mode": "afresh"})]


@causes("sync_resumed")
def let_the_sync_go_on(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        told("pause_sync", "bystander")
        told("resume_sync", "bystander")
        return [Entry("bystander", "", f"connection:{made.pk}")]


@causes("removals_confirmed")
def believe_many_removals(place: Place) -> list[Entry]:
    with connected(place) as (_simulator, made):
        with bind_company(place.halls.other.binding()):
            ensure_streams(made)
            Stream.objects.filter(connection=made, kind=Stream.Kind.IDS).update(held=30)
        told("confirm_removals", "bystander")
        return [Entry("bystander", "", f"connection:{made.pk}", {"count": 30})]


@causes("mirror_exported")
def export_mirror(place: Place) -> list[Entry]:
    told("export_mirror", "visited")
    with bind_company(place.halls.visited.binding()):
        return [Entry("visited", facts={"tickets": Ticket.objects.count()})]


@causes("audit_exported")
def export_audit(place: Place) -> list[Entry]:
    with tempfile.NamedTemporaryFile() as output:
        told("export_audit", "visited", output=Path(output.name))
    return [Entry("visited", facts={"first": 1})]


@causes("audit_verified")
def verify_audit(place: Place) -> list[Entry]:
    told("verify_audit", "visited")
    return [Entry("visited", facts={"findings": 0, "ok": True})]


@causes("keys_rotated")
def rotate_keys(place: Place) -> list[Entry]:
    """Of whoever has a key: a connection's secrets are sealed with it."""
    told("rotate_keys", data_keys=True, older_than=0)
    found = [Entry("visited", facts={"renewed": 1})]
    with bind_company(place.halls.other.binding()):
        return [*found, Entry("bystander", facts={"renewed": 1})] if CompanyKey.objects.exists() else found


# --- the assistant


@causes("assistant_asked")
def ask_on_a_ticket(place: Place) -> list[Entry]:
    ticket, where = place.ticket(), signed_in(place.halls.visited, "agent")
    sent(where.post(f"/tickets/{ticket}/ask/", {"question": "Why does the left earbud not charge?"}), 200)
    return [Entry("visited", f"user:{place.who('agent')}", f"ticket:{ticket}", {"mode": "extractive"})]


@causes("assistant_asked")
def ask_by_api(place: Place) -> list[Entry]:
    token, clear = place.token(place.halls.visited)
    fields = {"question": "Wie wird das Wetter?"}
    sent(bearer(clear).post("/api/v1/ask/", fields, content_type="application/json"), 200)
    return [Entry("visited", f"token:{token.pk}", "", {"outcome": "not_enough_evidence"})]


@causes("assistant_asked")
def ask_by_command(place: Place) -> list[Entry]:
    told("ask", "visited", "Why does the left earbud not charge?")
    return [Entry("visited", facts={"mode": "extractive"})]


@causes("draft_made")
def make_a_draft_by_command(place: Place) -> list[Entry]:
    told("brief", "visited", "102", fresh=True)
    return [Entry("visited", "", f"ticket:{place.ticket()}", {"mode": "extractive", "outcome": "reply"})]


@causes("draft_made")
def make_an_owed_draft(place: Place) -> list[Entry]:
    with bind_company(place.halls.visited.binding()):
        owe(Outbox.Kind.BRIEF, [Ticket.objects.get(remote_id="102").pk])
        assert work_off(Outbox.Kind.BRIEF) == 1
    return [Entry("visited", "", f"ticket:{place.ticket()}", {"mode": "extractive", "outcome": "reply"})]


@causes("draft_used")
def use_a_draft(place: Place) -> list[Entry]:
    browser, ticket, who = signed_in(place.halls.visited, "agent"), place.ticket(), f"user:{place.who('agent')}"
    where = f"/tickets/{ticket}/draft/used/"
    sent(browser.post(where, {"mode": "copied"}), 204)
    sent(browser.post(where, {"mode": "the words of the draft"}), 400)
    sent(browser.get(f"/tickets/{ticket}/?insert=draft"), 200)
    return [Entry("visited", who, f"ticket:{ticket}", {"mode": mode}) for mode in ("copied", "inserted")]


@causes("draft_used")
def fetch_a_draft_by_api(place: Place) -> list[Entry]:
    (token, clear), ticket = place.token(place.halls.visited), place.ticket()
    sent(bearer(clear).get(f"/api/v1/tickets/{ticket}/draft/"), 200)
    sent(bearer(clear).get(f"/api/v1/tickets/{ticket}/brief/"), 200)
    return [Entry("visited", f"token:{token.pk}", f"ticket:{ticket}", {"mode": "api"})] * 2


@contextlib.contextmanager
def written(place: Place) -> Iterator[tuple[str, str]]:
    """(who, ticket): `visited`'s agent, an agent of its helpdesk too, adds a note."""
    browser, ticket, who = signed_in(place.halls.visited, "agent"), place.ticket(), place.who("agent")
    with bind_company(place.halls.visited.binding()):
        home = Ticket.objects.get(pk=ticket).connection
        agent = Person.objects.create(
            connection=home, remote_id="9901", kind="agent", name="x", user_id=who, mapped="hand", scope="all"
        )
    sent(browser.post(f"/tickets/{ticket}/write/", {"act": "note", "text": "x", "key": "caused-by-a-test"}), 302)
    try:
        yield f"user:{who}", f"ticket:{ticket}"
    finally:
        with bind_company(place.halls.visited.binding()):
            Outgoing.objects.all().delete()
            agent.delete()


@causes("writing_ordered")
def add_a_note(place: Place) -> list[Entry]:
    with written(place) as (who, ticket):
        return [Entry("visited", who, ticket, {"kind": "note"})]


@causes("writing_ended")
def let_a_note_wait_too_long(place: Place) -> list[Entry]:
    with written(place) as (who, ticket), bind_company(place.halls.visited.binding()):
        Outgoing.objects.update(ordered_at=timezone.now() - sending.LATE)
        sending.send(Outgoing.objects.get().pk)
        return [Entry("visited", who, ticket, {"kind": "note", "outcome": "failed", "code": "too_late"})]


# --- the operators


def both(place: Place, access: Any, mine: str, theirs: str, facts: dict[str, Any] | None = None) -> list[Entry]:
    """`theirs` is '' where news of the company came to the operators: whom it names stays inside."""
    subject = f"access:{access.pk}"
    return [Entry("visited", mine, subject, facts or {}), Entry("operator", theirs, subject, {"company_id": "visited"})]


@causes("support_requested")
def ask_for_support(place: Place) -> list[Entry]:
    olga = place.who("operator")
    return both(place, ask(place.halls, place.deliver), f"operator:{olga}", f"user:{olga}", {"minutes": 15})


@causes("support_approved")
def approve_support(place: Place) -> list[Entry]:
    asked = ask(place.halls, place.deliver)
    decide(place.halls, place.deliver, asked, "approve")
    return both(place, asked, f"user:{place.who('admin')}", "", {"minutes": 15})


@causes("support_denied")
def deny_support(place: Place) -> list[Entry]:
    asked = ask(place.halls, place.deliver)
    decide(place.halls, place.deliver, asked, "deny")
    return both(place, asked, f"user:{place.who('admin')}", "")


@causes("support_entered")
def enter(place: Place) -> list[Entry]:
    asked = ask(place.halls, place.deliver)
    decide(place.halls, place.deliver, asked, "approve")
    walk_in(link_of(place.halls, asked))
    place.deliver()
    return both(place, asked, f"operator:{place.who('operator')}", "")


@causes("support_read")
def read(place: Place) -> list[Entry]:
    browser, _asked = visit(place.halls, place.deliver)
    sent(browser.get(f"/tickets/{place.ticket()}/"), 200)
    who = f"operator:{place.who('operator')}"
    return [Entry("visited", who, f"ticket:{place.ticket()}", {"route": "assistant:ticket"})]


@causes("support_ended")
def leave(place: Place) -> list[Entry]:
    browser, asked = visit(place.halls, place.deliver)
    sent(browser.post("/support/leave/"), 302)
    place.deliver()
    assert at_visited(place.halls, asked).state == "ended"
    return both(place, asked, f"operator:{place.who('operator')}", "", {"reason": "operator"})


@contextlib.contextmanager
def ordered(place: Place, path: str, fields: dict[str, str]) -> Iterator[Entry]:
    """An operator orders, the provisioning worker does it; the entry that the operators' trail must have."""
    sent(signed_in(place.halls.operators, "operator").post(f"/console/{path}", fields), 302)
    lifecycle.work_off()
    order = newest_orders(1)[0]
    assert order.state == "done", (order.code, order.steps)
    who = f"user:{place.who('operator')}"
    yield Entry("operator", who, f"order:{order.pk}", {"company_id": order.company_id})


@causes("company_opened")
def open_company(place: Place) -> list[Entry]:
    fields = {"company": "matrix", "name": "Matrix", "language": "en"}
    try:
        with ordered(place, "orders/open/", fields) as entry:
            return [entry]
    finally:
        drop(place.superuser_url, "matrix")


def change(place: Place, verb: str) -> list[Entry]:
    with ordered(place, "companies/bystander/orders/", {"verb": verb}) as entry:
        return [entry, Entry("bystander", f"operator:{place.who('operator')}", entry.subject)]


@causes("company_suspended")
def suspend_company(place: Place) -> list[Entry]:
    found = change(place, "suspend")
    change(place, "resume")
    return found


@causes("company_resumed")
def resume_company(place: Place) -> list[Entry]:
    change(place, "suspend")
    return change(place, "resume")


@causes("company_closed")
def close_company(place: Place) -> list[Entry]:
    create_company(company_id="matrix", name="Matrix")
    try:
        with ordered(place, "companies/matrix/orders/", {"verb": "close", "confirm": "matrix"}) as entry:
            return [entry]
    finally:
        drop(place.superuser_url, "matrix")
