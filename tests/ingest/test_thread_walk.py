"""Threads by table and deletions as a feed: nothing lost, few calls, and no page half stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import ExternalUnavailable
from apps.ingest import streams, threadwalk
from apps.ingest.deletions import confirm_removals
from apps.ingest.models import DeadLetter, Outbox, Stream
from apps.ingest.outbox import due_kinds, work_off
from apps.ingest.progress import progress
from apps.ingest.streams import due_streams
from apps.ingest.sweeping import sweep_owed
from apps.ingest.sync import Outcome, read_feed, sync_page
from apps.platforms.base import AttachmentData
from apps.platforms.models import Article, Attachment, Connection, Message, Ticket
from apps.search.models import Chunk
from tests.ingest.test_sync import read_threads, run_feeds
from tests.platforms.toy.adapter import Account, failing
from tests.platforms.toy.joined import join, known

THREADS, GONE = Stream.Kind.THREADS, Stream.Kind.GONE


@pytest.fixture
def account(in_acme, settings) -> Iterator[Account]:
    """Eleven tickets whose ids are in another order by bytes than by letters; every third says nothing after its description."""
    with known(settings) as (name, account):
        for number, remote_id in enumerate(("a1", "B2", "c3", "D4", "e5", "F6", "g7", "H8", "i9", "Z0", "zz")):
            texts = [f"Message {remote_id} {place}" for place in range(number % 3)]
            account.add(remote_id, *texts, category="open" if number % 2 else "solved")
        account.files["B2"] = [AttachmentData(remote_id="f1", name="log.txt", content_type="text/plain", size=12)]
        account.name = name
        yield account


def turn(*kinds: Stream.Kind) -> None:
    """The next turn of these feeds."""
    for stream in Stream.objects.filter(kind__in=kinds):
        Stream.objects.filter(pk=stream.pk).update(next_at=timezone.now() - timedelta(seconds=1), lease_until=None)
        while sync_page(stream_id=stream.pk):
            pass


def owed(kind: Outbox.Kind) -> set[str]:
    ids = Outbox.objects.filter(kind=kind).values_list("object_id", flat=True)
    return set(Ticket.objects.filter(pk__in=ids).values_list("remote_id", flat=True))


def stored() -> dict[str, list[str]]:
    rows = Message.objects.exclude(kind="description").order_by("ticket", "number").values_list("ticket__remote_id", "text")
    found = {remote_id: [] for remote_id in Ticket.objects.exclude(thread_version="").values_list("remote_id", flat=True)}
    for remote_id, text in rows:
        found[remote_id].append(text)
    return found


def told(account: Account) -> dict[str, list[str]]:
    return {remote_id: [one.text for one in thread] for remote_id, thread in account.threads.items() if remote_id in account.tickets}


def work(*kinds: Outbox.Kind) -> None:
    while any(kind in due_kinds() and work_off(kind) for kind in kinds):
        pass


def test_a_first_sync_reads_the_newest_that_waits_and_sweeps_the_rest(account, monkeypatch):
    monkeypatch.setattr(threadwalk, "AT_ONCE", 2)
    join(account.name)
    assert Stream.objects.get(kind=THREADS).pk not in due_streams(), "not before the tickets are listed"
    turn(Stream.Kind.TICKETS)
    assert owed(Outbox.Kind.THREAD) == {"Z0", "H8"}, "of five that wait, the newest two"
    sweep_owed()
    assert owed(Outbox.Kind.THREAD) == {"Z0", "H8"}, "the rest is on its way"
    account.threads["later"] = []
    account.say("later", "of a ticket that no feed has brought yet")
    while sync_page(stream_id=Stream.objects.get(kind=THREADS).pk):
        assert set(stored()) <= set(told(account)), "what we hold no ticket of is passed over"
    assert set(told(account)) - set(stored()) == {"Z0", "H8"} - {one for one in ("Z0", "H8") if account.threads[one]}
    read_threads()
    run_feeds()
    assert stored() == told(account)
    assert Attachment.objects.get().name == "log.txt"
    assert Attachment.objects.get().message.kind == "description"
    calls = Counter(name for name, _ in account.calls)
    assert (calls["threads"], calls["thread"]) == (1, 0), "both that wait by one call, nobody one by one"
    account.add("later")
    turn(Stream.Kind.TICKETS)
    assert owed(Outbox.Kind.THREAD) >= {"later"}, "who comes later owes their thread"
    read_threads()
    account.add("last", "Its words", category="solved")
    Stream.objects.filter(kind=Stream.Kind.TICKETS).update(first_completed_at=None)  # read from the beginning once more
    turn(Stream.Kind.TICKETS)
    assert owed(Outbox.Kind.THREAD) == {"last"}, "and so does who comes while the walk is past them"
    read_threads()
    assert stored() == told(account)


def test_what_changed_is_read_many_at_once_and_what_is_not_named_is_looked_for(account):
    join(account.name)
    run_feeds()
    read_threads()
    account.calls.clear()
    for remote_id in ("a1", "F6", "zz"):
        account.say(remote_id, f"More on {remote_id}")
    account.touched.append("nobody")
    del account.tickets["F6"]
    turn(THREADS)
    assert owed(Outbox.Kind.THREAD) == {"a1", "F6", "zz"}
    read_threads()
    assert [name for name, _ in account.calls] == ["sweep", "threads", "ticket"], "and one look at what was not named"
    assert stored()["a1"][-1] == "More on a1"
    assert Ticket.objects.get(remote_id="F6").deleted
    account.say("zz", "While nobody answers")
    turn(THREADS)
    account.before = failing(ExternalUnavailable("down"))
    work_off(Outbox.Kind.THREAD)
    assert set(Outbox.objects.filter(kind=Outbox.Kind.THREAD).values_list("attempts", "last_error")) == {(1, "external_unavailable")}
    account.before, account.forbidden = (lambda name: None), {"threads"}
    for _ in range(5):
        Outbox.objects.update(due_at=timezone.now())
        work_off(Outbox.Kind.THREAD)
    assert not DeadLetter.objects.exists(), "that the table may not be read says nothing of a ticket"
    assert not Ticket.objects.get(remote_id="zz").deleted
    account.forbidden.clear()
    Outbox.objects.update(due_at=timezone.now())
    read_threads()
    assert stored() == told(account) | {"F6": []}


def test_a_page_its_owed_work_and_the_cursor_go_together_and_a_late_writer_is_refused(account, monkeypatch):
    join(account.name)
    turn(Stream.Kind.TICKETS)
    Outbox.objects.all().delete()
    feed = Stream.objects.get(kind=THREADS)
    with monkeypatch.context() as crash:
        crash.setattr(streams, "advance", lambda *_, **__: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            sync_page(stream_id=feed.pk)
    assert (stored(), Stream.objects.get(pk=feed.pk).cursor) == ({}, None)
    Stream.objects.filter(pk=feed.pk).update(next_at=timezone.now(), lease_until=None)
    usual = threadwalk.open_adapter
    with monkeypatch.context() as race:  # somebody else took it while we read
        race.setattr(threadwalk, "open_adapter", lambda one: Stream.objects.filter(pk=feed.pk).update(fence=99) and usual(one))
        assert read_feed(stream_id=feed.pk, go_on=lambda: True) is Outcome.BUSY
    assert (stored(), Stream.objects.get(pk=feed.pk).cursor) == ({}, None)
    turn(THREADS)
    assert stored() == told(account)
    assert not owed(Outbox.Kind.THREAD)
    Stream.objects.filter(pk=feed.pk).update(cursor=None)
    turn(THREADS)
    assert stored() == told(account), "read once more, the walk says the same"


def test_a_page_that_kills_is_stored_one_by_one_and_its_bad_thread_is_left_to_its_own_read(account, monkeypatch):
    join(account.name)
    turn(Stream.Kind.TICKETS)
    Outbox.objects.all().delete()
    usual = threadwalk.store_threads

    def trip(threads) -> None:
        if any(ticket.remote_id == "B2" for ticket, _ in threads):
            raise ValueError("a thread no one can store")
        usual(threads)

    monkeypatch.setattr(threadwalk, "store_threads", trip)
    feed = Stream.objects.get(kind=THREADS)
    for _ in range(3):
        with pytest.raises(ValueError, match="no one"):
            turn(THREADS)
    assert stored() == {}
    turn(THREADS)
    assert Stream.objects.get(pk=feed.pk).first_completed_at
    assert owed(Outbox.Kind.THREAD) == {"B2"}
    assert stored() == {key: texts for key, texts in told(account).items() if key != "B2"}


def test_a_ticket_the_helpdesk_tells_is_gone_is_looked_for_and_many_at_once_are_not_believed(account):
    connection = join(account.name)
    account.gone.append("of a time before we came")
    run_feeds()
    read_threads()
    account.gone += ["a1", "c3", "nobody"]
    del account.tickets["a1"]
    turn(GONE)
    assert owed(Outbox.Kind.LOOK) == {"a1", "c3"}
    work(Outbox.Kind.LOOK)
    assert set(Ticket.objects.filter(deleted=True).values_list("remote_id", flat=True)) == {"a1"}, "what is there stays"
    for number in range(30):
        account.add(f"n{number}")
    turn(Stream.Kind.TICKETS)
    account.gone += [f"n{number}" for number in range(30)]
    turn(GONE)
    feed = Stream.objects.get(kind=GONE)
    assert (owed(Outbox.Kind.LOOK), feed.held, progress()["held"]) == (set(), 30, 30)
    assert confirm_removals(connection) == 30
    turn(GONE)
    assert len(owed(Outbox.Kind.LOOK)) == 30, "the page was not passed over"
    account.forbidden = {"gone"}
    turn(GONE)
    feed = Stream.objects.get(kind=GONE)
    assert (feed.last_error, feed.failures) == ("access_denied", 0)
    assert feed.next_at > timezone.now() + timedelta(hours=23)
    assert Connection.objects.get().state == Connection.State.ACTIVE


def test_articles_asked_by_time_of_change_stay_until_a_walk_tells_all_and_leave_when_unpublished(account):
    account.write("k1", "How to reset the router")
    account.write("k2", "How to pair the headset")
    join(account.name)
    run_feeds()
    work(Outbox.Kind.INDEX_ARTICLE)
    assert set(Chunk.objects.filter(kind="article").values_list("remote_id", flat=True)) == {"k1", "k2"}
    account.whole = False
    account.articles = {"k1": account.write("k1", "How to reset the router", published=False)}
    turn(Stream.Kind.ARTICLES)
    work(Outbox.Kind.INDEX_ARTICLE)
    assert set(Article.objects.usable().values_list("remote_id", flat=True)) == {"k2"}, "that it was not told says nothing"
    assert set(Chunk.objects.filter(kind="article").values_list("remote_id", flat=True)) == {"k2"}
    account.whole = True
    turn(Stream.Kind.ARTICLES)
    assert not Article.objects.usable().exists()
