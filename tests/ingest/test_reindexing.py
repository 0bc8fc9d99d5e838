"""All of a company is indexed once more, some at a time; afresh computes both meanings anew, and what stands there serves."""

from __future__ import annotations

import io

import orjson
import pytest
from django.core.management import call_command

from apps.core.errors import ExternalUnavailable
from apps.ingest import indexing, reindexing, second
from apps.ingest.management.working import work_until_done
from apps.ingest.models import Outbox
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.reindexing import reindex_all, reindexing_left
from apps.platforms.models import Article, Ticket
from apps.search.index import SECOND, open_index
from apps.search.models import Chunk
from tests.mirror import FIX, article_data, fill, ticket_data

pytestmark = pytest.mark.usefixtures("both_meanings")
THINGS = 7


@pytest.fixture
def company(in_acme, monkeypatch):
    monkeypatch.setattr(reindexing, "STEP", 2)
    monkeypatch.setattr(reindexing, "AHEAD", 1)
    tickets = [(ticket_data(number, f"Earbud {number} is dead", f"Earbud {number} does not charge."), []) for number in range(1, 5)]
    fill(tickets, [article_data(number, f"Charging {number}", f"{FIX} This is about number {number}.") for number in range(1, 4)])
    Outbox.objects.all().delete()


@pytest.fixture
def computed(monkeypatch) -> dict[str, list[str]]:
    """Texts whose meaning was computed."""
    seen: dict[str, list[str]] = {"first": [], "second": []}
    points, provider = indexing._points, second.second_embeddings()
    embed = provider.embed
    monkeypatch.setattr(indexing, "_points", lambda fresh: seen["first"].extend(row.text for row, _ in fresh) or points(fresh))
    monkeypatch.setattr(provider, "embed", lambda texts, **how: seen["second"].extend(texts) or embed(texts, **how))
    return seen


def owed() -> int:
    return Outbox.objects.filter(kind__in=reindexing.INDEXES).count()


def test_the_walk_comes_to_each_once_and_never_owes_many(company, computed):
    assert reindex_all() == THINGS
    assert reindex_all() == THINGS, "asked again, one walk"
    assert Outbox.objects.count() == 1
    assert (work_off(Outbox.Kind.REINDEX), owed(), reindexing_left()) == (1, reindexing.STEP, THINGS)
    assert Outbox.Kind.REINDEX not in due_kinds() and work_off(Outbox.Kind.REINDEX) == 0, "more than AHEAD wait"
    left = [THINGS]
    while reindexing_left():
        for kind in due_kinds():
            work_off(kind)
            assert owed() <= reindexing.STEP
        left.append(reindexing_left())
    assert len(left) > THINGS // reindexing.STEP
    assert computed == {"first": [], "second": []}
    assert not Outbox.objects.exclude(kind=Outbox.Kind.BRIEF).exists()


def test_each_is_owed_by_the_walk_and_a_worker_that_died_repeats_its_step(company, monkeypatch):
    reindex_all()
    with monkeypatch.context() as crash:
        crash.setattr(reindexing, "settle", lambda _: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            work_off(Outbox.Kind.REINDEX)
    assert owed() == 0, "what the step owed went with it"
    Outbox.objects.update(due_at=Outbox.objects.get().due_at.replace(year=2020))
    monkeypatch.setattr(reindexing, "AHEAD", 100)
    while work_off(Outbox.Kind.REINDEX):
        pass
    things = {*Ticket.objects.values_list("pk", flat=True), *Article.objects.values_list("pk", flat=True)}
    assert set(Outbox.objects.values_list("object_id", flat=True)) == things


def test_afresh_computes_both_meanings_of_everything_and_what_is_there_serves_until_then(company, computed):
    articles = list(Article.objects.values_list("pk", flat=True))
    chunks, points = set(Chunk.objects.values_list("pk", "content_hash")), open_index(SECOND).held(articles)
    reindex_all(afresh=True)
    assert reindex_all() == THINGS, "what is to be afresh stays so"
    while work_off(Outbox.Kind.REINDEX_AFRESH) or work_off(Outbox.Kind.INDEX_TICKET):
        assert open_index(SECOND).held(articles).keys() == points.keys()
    work_until_done(reindexing_left, seconds=60)
    assert len(computed["first"]) == len(chunks) and len(computed["second"]) == len(points)
    assert set(Chunk.objects.values_list("pk", "content_hash")) == chunks
    assert open_index(SECOND).held(articles) == points


def test_without_the_engine_nothing_is_begun_and_the_walk_waits(company, monkeypatch):
    from apps.ingest.again import reindex

    def away(*_, **__):
        raise ExternalUnavailable("away", code="index_unavailable")

    monkeypatch.setattr(second, "open_index", away)
    with pytest.raises(ExternalUnavailable):
        reindex(articles=["1"], afresh=True)
    assert not Outbox.objects.exists() and not Chunk.objects.filter(content_hash="").exists()
    reindex_all(afresh=True)
    for _ in range(3):
        work_off(Outbox.Kind.REINDEX_AFRESH)
        Outbox.objects.update(due_at=Outbox.objects.order_by("due_at").first().due_at.replace(year=2020))
    assert Outbox.objects.filter(kind=Outbox.Kind.REINDEX_AFRESH).exists()


def test_the_command_waits_tells_what_is_left_and_begins_nothing_by_itself(company, capsys):
    def run(**options) -> dict:
        call_command("reindex", "acme", json=True, stdout=io.StringIO(), **options)
        return orjson.loads(capsys.readouterr().out)

    assert run(all=True) == {"owed": THINGS, "unknown": [], "left": THINGS}
    assert run() == {"owed": 0, "unknown": [], "left": THINGS}
    assert run(wait=True) == {"owed": 0, "unknown": [], "left": 0}
    number = Ticket.objects.order_by("pk").first().remote_id
    assert run(tickets=f"{number},99", wait=True) == {"owed": 1, "unknown": ["99"], "left": 0}
