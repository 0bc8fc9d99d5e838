"""Words of files on their way into the index: behind threads, newest first, within the budget, as private as their message,
and gone with it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from apps.accounts.reach import ALL_TICKETS, Reach
from apps.assistant.finding import Wish, find_sources
from apps.assistant.services import EVERYTHING, ask_question
from apps.core.text import normalise
from apps.ingest.deletions import erase_tickets
from apps.ingest.models import Outbox
from apps.ingest.outbox import due_kinds, owe, work_off
from apps.ingest.sweeping import sweep_owed
from apps.ingest.unread import outcome_at_once
from apps.platforms.models import Attachment, Connection, Message, Person, Ticket
from apps.search.index import open_index
from apps.search.models import Chunk
from apps.tenancy.context import bind_company
from tests.ingest.test_sync import allow, join, read_threads, run_tickets
from tests.made_files import bomb, docx, pdf
from tests.mirror import work_off_everything
from tests.simulated import Simulator, running

NUMBER = 3
MANUAL = "The relay of the Kestrel amplifier clicks twice when the fuse marked F7 has blown. Replace it with a slow one of two amperes."
FILES: dict[str, tuple[str, bytes, str]] = {
    "manual.pdf": ("application/pdf", pdf(*MANUAL.split(". ")), "read"),
    "notes.docx": ("application/octet-stream", docx("The warehouse counts the Wren crates on Tuesdays only."), "read"),
    "bomb.docx": ("application/octet-stream", bomb(60), "too_large"),
    "photo.txt": ("text/plain", b"\x89PNG\r\n\x1a\n" + bytes(30), "not_readable"),
    "readme.txt": ("text/plain", b"MZ" + bytes(30), "unsafe_type"),
    "setup.exe": ("application/x-msdownload", b"MZ" + bytes(30), "unsafe_type"),
    "shot.png": ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(30), "not_readable"),
}


@pytest.fixture(scope="module")
def account() -> Iterator[Simulator]:
    with running("--account", "generated", "--tickets", "6", "--plan", "unlimited") as simulator:
        simulator.update(op="restore", ticket=NUMBER)
        simulator.update(op="reply", ticket=NUMBER, by="agent", text="Here is what we have.")
        for name, (kind, body, _) in FILES.items():
            simulator.update(op="attach", ticket=NUMBER, name=name, content_type=kind, content=b64encode(body).decode(), entry=-1)
        simulator.update(op="attach", ticket=NUMBER, name="short.log", size=400, trouble="short", entry=-1)
        simulator.update(op="note", ticket=NUMBER, text="For us.")
        simulator.update(
            op="attach", ticket=NUMBER, name="internal.txt", entry=-1,
            content=b64encode(b"Supplier Halloran gives us a discount of thirty percent until spring.").decode(),
        )  # fmt: skip
        yield simulator


@pytest.fixture
def mirrored(in_acme: Any, account: Simulator, settings: Any) -> Connection:
    allow(settings, account)
    connection = join(account)
    run_tickets()
    read_threads()
    Person.objects.update(named=True)  # else their tickets wait for a name
    return connection


def outcomes() -> dict[str, str]:
    return dict(Attachment.objects.filter(message__ticket__remote_id=str(NUMBER)).values_list("name", "outcome"))


def chunks() -> set[tuple[str, str]]:
    rows = Chunk.objects.filter(kind=Chunk.Kind.ATTACHMENT)
    names = dict(Attachment.objects.values_list("pk", "name"))
    return {(names.get(row.source_id, "?"), row.visibility) for row in rows}


def test_each_file_is_read_once_for_a_credit_and_says_what_became_of_it(mirrored, account):
    at_once = outcomes()
    assert {name: at_once[name] for name in ("setup.exe", "shot.png", "manual.pdf")} == {
        "setup.exe": "unsafe_type", "shot.png": "not_readable", "manual.pdf": "",
    }  # fmt: skip
    account.control.delete("/__sim/log")
    calls = len(account.told("storage"))
    owed = Outbox.objects.filter(kind=Outbox.Kind.FILE).count()
    work_off_everything()
    assert outcomes() == {name: outcome for name, (_, _, outcome) in FILES.items()} | {"internal.txt": "read", "short.log": "not_readable"}
    assert account.told("log")["credits"] == owed == len(account.told("storage")) - calls == 7
    assert {row["authorization"] for row in account.told("storage")} == {False}
    with transaction.atomic():
        owe(Outbox.Kind.FILE, list(Attachment.objects.values_list("pk", flat=True)))
    work_off_everything()
    assert account.told("log")["credits"] == 7, "what was read is not read again"


def test_words_of_a_file_are_found_and_quoted_as_the_file_s(mirrored):
    work_off_everything()
    assert chunks() == {("manual.pdf", "public"), ("notes.docx", "public"), ("internal.txt", "private")}
    found = find_sources(wish=Wish("Kestrel amplifier relay clicks twice fuse F7", ALL_TICKETS, visibilities=EVERYTHING))
    first = found.results[0]
    assert (first.passage.source.kind, first.passage.source.title, first.ticket.remote_id) == ("attachment", "manual.pdf", str(NUMBER))
    assert first.number == Message.objects.get(attachments__name="manual.pdf").number
    answer = ask_question(question="What does it mean when the relay of the Kestrel amplifier clicks twice?", reach=ALL_TICKETS)
    quoted = [one for one in answer.citations if one.source.kind == "attachment"]
    assert "fuse marked F7" in " ".join(one.text for one in quoted)
    assert {one.source.title for one in quoted} == {"manual.pdf"}


def test_what_is_private_is_found_by_those_who_may_see_it_alone(mirrored):
    work_off_everything()
    text = "Supplier Halloran discount thirty percent"
    assert find_sources(wish=Wish(text, ALL_TICKETS, visibilities=EVERYTHING)).results[0].passage.source.title == "internal.txt"
    public = find_sources(wish=Wish(text, ALL_TICKETS)).results
    assert "internal.txt" not in {one.passage.source.title for one in public}


def test_words_of_a_file_are_within_the_reach_of_its_ticket(mirrored):
    """The engine has not heard yet that the ticket is somebody else's: the rows are asked again."""
    work_off_everything()
    text = "Kestrel amplifier relay clicks twice fuse F7"
    limited = Reach(limited=(mirrored.pk,))
    assert not find_sources(wish=Wish(text, limited, visibilities=EVERYTHING)).results
    points = open_index().held(list(Attachment.objects.values_list("pk", flat=True)))
    open_index().place(list(points), {"connection": "", "group": "", "agent": "", "customer": "", "visibility": "public"})
    found = find_sources(wish=Wish(text, limited, visibilities=EVERYTHING)).results
    assert "manual.pdf" not in {one.passage.source.title for one in found}


def test_the_quoted_words_have_a_page_of_their_own(mirrored, acme, client_of):
    work_off_everything()
    file = Attachment.objects.get(name="manual.pdf")
    place = normalise(file.text).index("Replace")
    with bind_company(acme.binding()):
        browser = client_of(acme)
    page = browser.get(f"/sources/files/{file.pk}/?start={place}&end={place + 7}").content.decode()
    assert '<mark id="q">Replace</mark>' in page
    assert "manual.pdf" in page
    assert f'href="/files/{file.pk}/"' in page
    assert browser.get(f"/sources/files/{Attachment.objects.get(name='setup.exe').pk}/").status_code == 404


def test_threads_come_first_and_the_newest_files(mirrored):
    assert Outbox.Kind.FILE in due_kinds()
    with transaction.atomic():
        owe(Outbox.Kind.THREAD, [Ticket.objects.get(remote_id=str(NUMBER)).pk])
    assert Outbox.Kind.FILE not in due_kinds()
    assert work_off(Outbox.Kind.FILE) == 0
    ticket = Ticket.objects.get(remote_id=str(NUMBER))
    priorities = set(Outbox.objects.filter(kind=Outbox.Kind.FILE).values_list("priority", flat=True))
    assert priorities == {5 if not ticket.is_solved else 6}
    assert min(priorities) > min(Outbox.objects.filter(kind=Outbox.Kind.INDEX_TICKET).values_list("priority", flat=True))


def test_a_message_that_goes_or_turns_private_takes_its_files_words_along(mirrored):
    work_off_everything()
    manual = Attachment.objects.get(name="manual.pdf")
    Message.objects.filter(pk=manual.message_id).update(visibility="private")
    with transaction.atomic():
        owe(Outbox.Kind.INDEX_TICKET, [manual.message.ticket_id])
    work_off_everything()
    assert ("manual.pdf", "private") in chunks()
    points = set(open_index().held([manual.pk]))
    assert points == set(Chunk.objects.filter(source_id=manual.pk).values_list("pk", flat=True)) != set()
    manual.delete()
    with transaction.atomic():
        owe(Outbox.Kind.INDEX_TICKET, [manual.message.ticket_id])
    work_off_everything()
    assert not Chunk.objects.filter(kind=Chunk.Kind.ATTACHMENT, pk__in=points).exists()
    assert open_index().held([Attachment.objects.get(name="notes.docx").pk])
    with transaction.atomic():
        erase_tickets([Ticket.objects.get(remote_id=str(NUMBER)).pk])
    work_off_everything()
    assert (Attachment.objects.filter(outcome="read").count(), Chunk.objects.filter(kind=Chunk.Kind.ATTACHMENT).count()) == (0, 0)
    assert not open_index().held([manual.pk])


def test_a_company_may_have_no_files_read_and_what_was_read_is_forgotten(mirrored, account):
    work_off_everything()
    assert chunks()
    call_command("read_files", "acme", "off")
    work_off_everything()
    assert chunks() == set()
    assert not Attachment.objects.exclude(text="").exists()
    assert sweep_owed() == 0
    before = len(account.told("storage"))
    with transaction.atomic():
        owe(Outbox.Kind.FILE, list(Attachment.objects.values_list("pk", flat=True)))
    work_off_everything()
    assert len(account.told("storage")) == before
    call_command("read_files", "acme", "on")
    assert sweep_owed() == 3, "what was read, and what is there since"
    work_off_everything()
    assert len(chunks()) == 3


def test_a_file_that_cannot_be_had_now_waits_and_one_without_budget_is_not_held_against_it(mirrored, account):
    account.tell("faults", faults=[{"kind": "503", "path": "/api/v2/tickets", "rate": 1}])
    try:
        work_off(Outbox.Kind.FILE)
    finally:
        account.tell("faults", faults=[])
    failed = Outbox.objects.get(kind=Outbox.Kind.FILE, attempts=1)
    assert failed.last_error == "external_unavailable"
    assert Attachment.objects.get(pk=failed.object_id).outcome == ""


@pytest.mark.parametrize(
    ("name", "label", "size", "outcome"),
    [("a.pdf", "", 10, ""), ("a.pdf", "", 20 * 2**20 + 1, "too_large"), ("a.exe", "application/pdf", 1, "unsafe_type"), ("a.zip", "", 1, "unsafe_type"),
     ("a.mov", "", 1, "not_readable"), ("no ending", "", 1, ""), ("a.png", "", 1, "not_readable")],
)  # fmt: skip
def test_what_is_known_by_the_name_costs_no_call(name, label, size, outcome):
    assert outcome_at_once(name, label, size) == outcome
