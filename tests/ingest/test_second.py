"""The second meaning of articles: always made equal to their chunks, by whoever comes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test.utils import override_settings

from apps.accounts.reach import ALL_TICKETS
from apps.assistant.models import Brief
from apps.assistant.searching import asked, search_articles
from apps.ingest import second
from apps.ingest.models import Outbox
from apps.ingest.outbox import owe, work_off
from apps.ingest.sync import store_articles
from apps.ingest.tasks import TASKS, second_owed
from apps.platforms.models import Article
from apps.search.index import SECOND, Wanted, open_index
from apps.search.models import Chunk
from tests.mirror import FIX, article_data, fill, make_connection, ticket_data

pytestmark = pytest.mark.usefixtures("both_meanings")

LONG = " ".join(
    f"Step {number}: turn the knob to {number} and wait until the lamp has blinked {number} times."
    for number in range(180)
)


def held() -> dict:
    return open_index(SECOND).held(Article.objects.values_list("pk", flat=True))


def refill() -> None:
    while work_off(Outbox.Kind.INDEX_ARTICLE) or work_off(Outbox.Kind.SECOND_ARTICLE):
        pass


def store(*articles) -> None:
    store_articles(make_connection(), list(articles), sweep=1)


def agrees() -> bool:
    rows = {row.pk: (row.content_hash, row.visibility) for row in Chunk.objects.filter(kind="article")}
    return {key: (one["content_hash"], one["visibility"]) for key, one in held().items()} == rows


def test_it_follows_words_visibility_and_removal(in_acme):
    fill([], [article_data(1, "Charging", FIX), article_data(2, "Knobs", LONG)])
    assert agrees()
    assert len(held()) > second.MOST  # more than one claim does
    store(article_data(2, "Knobs", "Turn the knob once."))
    refill()
    assert agrees()
    assert len(held()) == 2
    store(article_data(2, "Knobs", "Turn the knob once.", visibility="private"))
    refill()
    assert agrees()
    Article.objects.filter(remote_id="2").update(deleted=True)
    owe(Outbox.Kind.INDEX_ARTICLE, Article.objects.values_list("pk", flat=True))
    refill()
    assert agrees()
    assert len(held()) == 1


def test_what_is_right_is_not_computed_again(in_acme, monkeypatch):
    fill([], [article_data(1, "Charging", FIX)])
    provider, seen = second.second_embeddings(), []
    compute = provider.embed
    monkeypatch.setattr(provider, "embed", lambda texts, **how: seen.extend(texts) or compute(texts, **how))
    owe(Outbox.Kind.SECOND_ARTICLE, Article.objects.values_list("pk", flat=True))
    refill()
    assert seen == []
    store(article_data(1, "Charging", FIX + " Ask us if it does not help."))
    refill()
    assert len(seen) == 1


def test_a_worker_that_died_behind_the_engine_is_repeated(in_acme, monkeypatch):
    make_connection()
    store(article_data(1, "Charging", FIX))
    work_off(Outbox.Kind.INDEX_ARTICLE)
    with monkeypatch.context() as crash:
        crash.setattr(second, "settle", lambda _: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            work_off(Outbox.Kind.SECOND_ARTICLE)
    assert Outbox.objects.filter(kind=Outbox.Kind.SECOND_ARTICLE).exists()
    Outbox.objects.update(due_at=Outbox.objects.get().due_at.replace(year=2020))
    refill()
    assert agrees()
    assert not Outbox.objects.exists()


def test_articles_are_found_by_both_meanings_once_all_have_both(in_acme):
    texts = [article_data(1, "Charging", FIX), article_data(2, "Invoices", "Invoices are sent within two days.")]
    fill([], texts)
    question = asked("The power does not get into my left headphone", "en")
    found = search_articles(question, ("public",), reach=ALL_TICKETS)
    assert [one.second is not None for one in found] == [True, True]
    open_index(SECOND).delete([held().popitem()[0]])
    assert [one.second for one in search_articles(question, ("public",), reach=ALL_TICKETS)] == [None, None]


def test_a_search_since_a_day_reaches_the_second_meaning_too(in_acme):
    """Conditions of a search stand over the payload: one that lacks a field would be left out of this leg in silence."""
    fill([], [article_data(1, "Charging", FIX)])
    (vector,) = second.second_embeddings().embed(["charging"], asked=True)
    (row,) = Chunk.objects.filter(kind="article")
    for days, found in ((1, [row.pk]), (-1, [])):
        wanted = Wanted(reach=ALL_TICKETS, kinds=("article",), since=row.updated_at - timedelta(days=days))
        assert [one.id for one in open_index(SECOND).nearest(vector, wanted, 5)] == found


def test_without_the_second_space_everything_is_found_by_the_first(in_acme, monkeypatch):
    from apps.search import retrieval

    fill([], [article_data(1, "Charging", FIX)])
    with override_settings(SECOND_EMBEDDING_PROVIDER=""):
        assert [one.second for one in search_articles(asked("charging", "en"), ("public",), reach=ALL_TICKETS)] == [None]
    nowhere = retrieval.SECOND.__class__("nowhere", "v1", "e5", 384, words=False)
    monkeypatch.setattr(retrieval, "SECOND", nowhere)
    assert [one.second for one in search_articles(asked("charging", "en"), ("public",), reach=ALL_TICKETS)] == [None]


def test_nothing_is_owed_where_there_is_no_second_provider(in_acme):
    with override_settings(SECOND_EMBEDDING_PROVIDER=""):
        store(article_data(1, "Charging", FIX))
        work_off(Outbox.Kind.INDEX_ARTICLE)
    assert not Outbox.objects.filter(kind=Outbox.Kind.SECOND_ARTICLE).exists()


def test_a_worker_of_its_own_does_it(settings):
    from config.celery import app

    assert TASKS[Outbox.Kind.SECOND_ARTICLE] is second_owed
    assert app.amqp.router.route({}, "ingest.second_owed")["queue"].name == "patient"


def test_briefs_made_before_the_second_meaning_are_made_once_more(in_acme):
    from django.utils import timezone

    from apps.assistant.briefing import renew_after_first_sync
    from apps.ingest.models import Stream
    from apps.ingest.streams import ensure_streams

    fill([(ticket_data(1, "Left earbud dead", "It does not charge."), [])], [article_data(1, "Charging", FIX)])
    ensure_streams(make_connection())
    Stream.objects.update(first_completed_at=Brief.objects.get().made_at - timezone.timedelta(hours=1))
    Brief.objects.update(complete=False)
    owe(Outbox.Kind.SECOND_ARTICLE, Article.objects.values_list("pk", flat=True))
    assert renew_after_first_sync() == 0
    refill()
    assert renew_after_first_sync() == 1
    work_off(Outbox.Kind.BRIEF)
    assert Brief.objects.get().complete
    assert renew_after_first_sync() == 0
