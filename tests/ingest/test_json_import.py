"""Companies brought in from JSON files: whole, again and again, however often it is killed; and taken back."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from apps.ingest.models import DeadLetter, Stream
from apps.platforms.management.commands.export_mirror import Command as Export
from apps.platforms.models import Article, Connection, Message, Ticket
from apps.platforms.registry import adapters
from simulators.json_store.broken import BROKEN
from simulators.json_store.writing import append, seal, write_company
from tests.ingest.stores import allow, mirrored, truth

TICKETS = 150


@pytest.fixture
def folder(tmp_path: Path, settings):
    made = tmp_path / "stores" / "acme"
    write_company(made, tickets=TICKETS)
    allow(settings, made.parent)
    yield made
    adapters.cache_clear()


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


def test_a_dry_run_reads_everything_and_changes_nothing(in_acme, folder, capsys, tmp_path):
    BROKEN["date"][0](folder)
    report = run(folder, capsys, "--dry-run", "--report", str(tmp_path / "report.json"))
    one = report["companies"][0]
    assert (one["result"], one["tickets"], one["skipped"], one["opens_company"]) == ("checked", TICKETS - 1, 1, False)
    assert one["problems"][0]["place"] == "tickets.jsonl:3"
    assert orjson.loads((tmp_path / "report.json").read_bytes()) == report
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


def test_where_the_operator_allows_none_there_is_no_such_platform(in_acme, folder, settings, capsys):
    run(folder, capsys)
    settings.PLATFORM_ADAPTERS = settings.PLATFORM_ADAPTERS[:-1]
    adapters.cache_clear()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_json", str(folder.parent), stdout=out)
    assert "platform_unknown" in out.getvalue()
    assert Ticket.objects.count() == TICKETS and Message.objects.exists()
