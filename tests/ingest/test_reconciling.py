"""The index and its chunks parted in every way, and brought together by those who index."""

from __future__ import annotations

import random

import pytest

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.searching import asked, search
from apps.ingest import reconciling, tasks
from apps.ingest.models import Outbox
from apps.ingest.reconciling import reconcile
from apps.search.index import CHUNKS, SECOND, Point, Sparse, Wanted, open_index, point_id
from apps.search.models import Chunk
from tests.mirror import FIX, article_data, fill, message_data, ticket_data, work_off_everything

pytestmark = pytest.mark.usefixtures("both_meanings")


@pytest.fixture
def filled(in_acme):
    tickets = [(ticket_data(n, f"Earbud {n}", f"Case {n} does not charge."), [message_data(n * 10, n, FIX)]) for n in range(1, 9)]
    fill(tickets, [article_data(n, f"Article {n}", f"{FIX} It is number {n}.") for n in range(1, 6)])
    work_off_everything()
    assert Outbox.objects.count() == 0


def agrees() -> bool:
    """Point by point, by other means than the code: every payload of every page."""
    wanted = {row.pk: (row.content_hash, row.visibility) for row in Chunk.objects.all()}
    articles = {row.pk: wanted[row.pk] for row in Chunk.objects.filter(kind="article")}
    return [held(space) for space in (CHUNKS, SECOND)] == [wanted, articles]


def held(space) -> dict:
    found, start = {}, None
    while True:
        points, start = open_index(space).page(start, 3)
        found |= {key: (one["content_hash"], one["visibility"]) for key, one in points.items()}
        if start is None:
            return found


def stranger(kind: str = "article") -> Point:
    source = Chunk.objects.filter(kind=kind).first()
    payload = {"kind": kind, "remote_id": "77", "source_id": str(source.source_id), "visibility": "public", "language": "en",
               "ticket_id": str(source.ticket_id or ""), "content_hash": "0" * 64, "position": 99}  # fmt: skip
    return Point(point_id(CHUNKS.profile, source.source_id, kind, 99), [1.0] + [0.0] * 511, Sparse([7], [1.0]), payload)


def test_what_agrees_is_left_alone(filled):
    difference, following = reconcile()
    assert (difference.found, following) == (0, "")
    assert difference.rows == Chunk.objects.count() + Chunk.objects.filter(kind="article").count() == difference.points
    assert Outbox.objects.count() == 0


@pytest.mark.parametrize("kind", ["article", "message"])
def test_every_kind_of_difference_is_found_counted_and_repaired(filled, kind):
    rows = list(Chunk.objects.filter(kind=kind))
    gone, shown, moved = rows[:3]
    open_index().put([stranger(kind)])
    open_index().delete([gone.pk])
    open_index().place([shown.pk], {"visibility": "private"})
    Chunk.objects.filter(pk=moved.pk).update(content_hash="f" * 64)
    difference, _ = reconcile()
    assert (difference.strangers, difference.missing, difference.changed) == (1, 1, 2)
    work_off_everything()
    assert agrees()
    assert not Chunk.objects.filter(text="?").exists()
    assert reconcile()[0].found == 0


def test_the_second_meaning_is_repaired_and_filled_in_where_there_was_none(filled):
    articles = list(Chunk.objects.filter(kind="article"))
    open_index(SECOND).delete([row.pk for row in articles[:2]])
    open_index(SECOND).place([articles[2].pk], {"visibility": "private"})
    difference, _ = reconcile()
    assert difference.second == 3
    assert difference.strangers == difference.missing == difference.changed == 0
    work_off_everything()
    assert agrees()


def test_the_point_of_a_chunk_that_is_just_being_made_stays(filled):
    """The engine is written first: for a moment there is a point, its row not yet. The placeholder is the row's equal."""
    making = Chunk.objects.filter(kind="article").first()
    Chunk.objects.filter(pk=making.pk).delete()
    assert reconcile()[0].strangers == 1
    assert making.pk in open_index().page(None, 500)[0]
    work_off_everything()
    assert agrees()
    assert Chunk.objects.get(pk=making.pk).content_hash == making.content_hash


def test_a_placeholder_is_found_by_nobody(filled):
    open_index().put([stranger()])
    reconcile()
    found = search(asked("charging the earbud", "en"), Wanted(ALL_TICKETS))
    assert Chunk.objects.filter(text="?").exists()
    assert found and "?" not in [one.text for one in found]


def test_it_goes_page_by_page_and_on_where_it_stopped(filled, monkeypatch):
    monkeypatch.setattr(reconciling, "PAGE", 3)
    dice, rows = random.Random(5), list(Chunk.objects.all())
    open_index().delete([row.pk for row in dice.sample(rows, 7)])
    missing, after, looks = 0, "", 0
    while True:
        difference, after = reconcile(go_on=lambda: False, after=after)
        missing, looks = missing + difference.missing, looks + 1
        if not after:
            break
    assert missing == 7
    assert looks > 5  # 14 points left of one space, by threes
    work_off_everything()
    assert agrees()


def test_the_task_sends_itself_on_and_the_command_tells_figures(filled, monkeypatch, capsys):
    sent: list[list[str]] = []
    monkeypatch.setattr(tasks, "BUDGET_SECONDS", 0)
    monkeypatch.setattr(reconciling, "PAGE", 2)
    monkeypatch.setattr(tasks.index_reconcile, "apply_async", lambda arguments, **_: sent.append(arguments))
    tasks.index_reconcile.run("")
    assert len(sent) == 1 and sent[0][0].startswith("chunks/")
