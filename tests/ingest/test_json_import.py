"""Companies brought in from JSON files: whole, again and again, however often it is killed; and taken back."""

from __future__ import annotations

import io
import random
from contextlib import redirect_stdout, suppress
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection as db
from django.utils import timezone

from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import work_off
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import read_feed
from apps.platforms.adapters.json_store import adapter
from apps.platforms.management.commands.export_mirror import Command as Export
from apps.platforms.models import Article, Connection, Group, Message, Person, Ticket
from apps.search.index import open_index
from apps.search.models import Chunk
from simulators.json_store.broken import BROKEN
from simulators.json_store.writing import append, seal, write_company
from tests.ingest.stores import mirrored, truth
from tests.mirror import make_connection

TICKETS, KILLS = 80, 20


@pytest.fixture
def folder(tmp_path: Path, settings):
    made = tmp_path / "stores" / "acme"
    write_company(made, tickets=TICKETS)
    settings.JSON_STORE_ROOT = str(made.parent)
    return made


def run(folder: Path, capsys, *options: str) -> dict:
    """The report of one run over the folder of companies."""
    capsys.readouterr()
    with suppress(SystemExit):
        call_command("import_json", str(folder.parent), "--json", *options)
    return orjson.loads(capsys.readouterr().out)


def test_counts_and_hashes_are_equal_and_what_is_added_or_deleted_follows(in_acme, folder, capsys):
    report = run(folder, capsys)
    one = report["companies"][0]
    assert (report["complete"], one["result"], one["import"]["equal"]) == (True, "imported", True), one
    assert one["import"]["files"] == one["import"]["mirror"]
    assert mirrored(Export().perform()) == truth(folder)
    assert Article.objects.filter(deleted=False).count() == one["articles"]
    append(folder, 10, deletions=5)
    again = run(folder, capsys)["companies"][0]
    assert again["import"]["equal"], again
    assert mirrored(Export().perform()) == truth(folder)


def test_progress_is_shown_where_somebody_asks_and_the_report_is_written_for_people(in_acme, folder, capsys):
    BROKEN["date"][0](folder)
    out = io.StringIO()
    call_command("import_json", str(folder.parent), "--progress", stdout=out)
    told, shown = out.getvalue(), capsys.readouterr().err
    assert "acme: imported" in told and "1 lines skipped" in told and "counts and hashes equal" in told
    assert "skip: tickets.jsonl:3: date_invalid (updated_at): Write the time as" in told
    assert shown.count("\racme [") >= 1 and "tickets" in shown


def test_a_dry_run_reads_everything_and_changes_nothing(in_acme, folder, capsys, tmp_path):
    BROKEN["date"][0](folder)
    report = run(folder, capsys, "--dry-run", "--report", str(tmp_path / "report.json"))
    one = report["companies"][0]
    assert (one["result"], one["tickets"], one["skipped"], one["opens_company"]) == ("checked", TICKETS - 1, 1, False)
    assert one["problems"][0]["place"] == "tickets.jsonl:3"
    assert orjson.loads((tmp_path / "report.json").read_bytes()) == report
    with pytest.raises(CommandError, match="Nothing was done"):
        run(folder, capsys, "--dry-run", "--report", str(tmp_path / "nowhere" / "report.json"))
    assert (Connection.objects.count(), Ticket.objects.count(), Stream.objects.count()) == (0, 0, 0)


def test_a_line_that_is_skipped_is_set_aside_and_taken_when_it_is_mended(in_acme, folder, capsys):
    sound = (folder / "tickets.jsonl").read_bytes()
    BROKEN["type"][0](folder)
    one = run(folder, capsys)["companies"][0]
    assert (one["result"], one["skipped"], one["import"]["mirror"]["tickets"]) == ("imported", 1, TICKETS - 1)
    assert DeadLetter.objects.get().key.endswith(" tickets.jsonl:3")
    (folder / "tickets.jsonl").write_bytes(sound)
    assert run(folder, capsys)["companies"][0]["result"] == "stopped"  # not sealed yet: nothing is guessed
    assert run(folder, capsys, "--seal")["companies"][0]["result"] == "sealed"
    one = run(folder, capsys)["companies"][0]
    assert (one["result"], one["skipped"], one["import"]["mirror"]["tickets"]) == ("imported", 0, TICKETS)
    assert not DeadLetter.objects.exists()
    assert mirrored(Export().perform()) == truth(folder)


def test_a_file_that_goes_bad_later_stops_the_feed_and_loses_nothing(in_acme, folder, capsys):
    run(folder, capsys)
    BROKEN["checksum"][0](folder)
    assert run(folder, capsys)["companies"][0]["stopped"]["code"] == "checksum_mismatch"
    assert Ticket.objects.filter(deleted=False).count() == TICKETS
    seal(folder)
    assert run(folder, capsys)["companies"][0]["import"]["equal"]


def test_nothing_outside_the_allowed_root_is_imported(in_acme, folder, settings, tmp_path):
    write_company(tmp_path / "others" / "acme", tickets=3)
    for place in (str(tmp_path / "others"), f"{folder.parent}/../others", "/etc"):
        with pytest.raises(CommandError, match="JSON_STORE_ROOT"):
            call_command("import_json", place)
    settings.JSON_STORE_ROOT = ""
    with pytest.raises(CommandError, match="JSON_STORE_ROOT"):
        call_command("import_json", str(folder.parent))


def test_where_the_operator_allows_none_any_more_nothing_is_read_and_the_rest_goes_on(in_acme, folder, settings, capsys, client_of):
    run(folder, capsys)
    append(folder, 5)
    settings.JSON_STORE_ROOT = ""
    hurry(Connection.objects.get())
    for stream_id in due_streams():
        read_feed(stream_id=stream_id, go_on=lambda: True)
    assert Stream.objects.get(kind="tickets").last_error == "store_refused"
    with pytest.raises(CommandError, match="JSON_STORE_ROOT"):
        call_command("connect", "acme", "json_store", "--option", "folder=acme")
    assert Ticket.objects.count() == TICKETS and Message.objects.exists()
    ticket = Ticket.objects.filter(state="live").first()
    assert client_of(in_acme, "lead").get(f"/tickets/{ticket.pk}/").status_code == 200


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches kill -9."""


def run_until_killed(folder: Path, statements: int) -> bool:
    """Import until so many statements were sent. True when it came to its end before."""
    left = iter(range(statements))

    def counted(execute, *args):
        if next(left, None) is None:
            raise Killed
        return execute(*args)

    try:
        with db.execute_wrapper(counted), redirect_stdout(io.StringIO()):
            call_command("import_json", str(folder.parent), "--json")
    except Killed:
        return False
    return True


def pass_time() -> None:
    """What the dead held is free again."""
    Stream.objects.update(lease_until=None)
    Outbox.objects.update(claimed_until=None, due_at=timezone.now())


def test_killed_at_twenty_points_it_goes_on_where_it_was_and_brings_all_once(in_acme, folder, capsys, monkeypatch):
    monkeypatch.setattr(adapter, "PAGE", 20)
    dice, kills = random.Random(7), 0
    while kills < KILLS:
        if run_until_killed(folder, dice.randint(5, 90)):
            break
        kills += 1
        pass_time()
    assert kills == KILLS
    one = run(folder, capsys)["companies"][0]
    assert (one["result"], one["import"]["equal"]) == ("imported", True), one
    assert mirrored(Export().perform()) == truth(folder)
    numbers = list(Message.objects.values_list("ticket", "number"))
    assert len(numbers) == len(set(numbers))


def test_a_rollback_takes_everything_back_and_may_be_repeated_and_undone(in_acme, folder, capsys):
    mine = Ticket.objects.create(
        connection=make_connection(), remote_id="1", subject="Stays", status_category="open", status_value="2",
        created_at=timezone.now(), updated_at=timezone.now(), raw_hash="x", thread_version="x",
    )  # fmt: skip
    run(folder, capsys)
    for kind in (Outbox.Kind.INDEX_TICKET, Outbox.Kind.INDEX_ARTICLE):
        work_off(kind)
    assert Chunk.objects.exists() and open_index().count()
    taken = run(folder, capsys, "--rollback", "--company", "acme")["companies"][0]
    assert (taken["result"], taken["gone"]["tickets"]) == ("taken_back", TICKETS)
    assert list(Ticket.objects.values_list("pk", flat=True)) == [mine.pk]
    assert Connection.objects.get().platform == "freshdesk"
    left = [model for model in (Article, Message, Person, Group, Chunk, DeadLetter, Stream) if model.objects.exists()]
    assert left == []
    assert open_index().count() == 0
    assert not Outbox.objects.exists()
    assert run(folder, capsys, "--rollback", "--company", "acme")["companies"][0]["result"] == "nothing_there"
    assert run(folder, capsys)["companies"][0]["import"]["equal"]
