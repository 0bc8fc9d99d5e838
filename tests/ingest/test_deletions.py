"""What goes away or changes without a word of the feeds is found, and a narrowed key erases nothing (F26)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone
from qdrant_client import models

from apps.core.errors import CredentialsRejected
from apps.ingest import deletions
from apps.ingest.deletions import FEW
from apps.ingest.models import Outbox, Stream
from apps.ingest.outbox import owe, work_off
from apps.ingest.progress import progress
from apps.ingest.streams import due_streams, hurry
from apps.ingest.sync import read_feed
from apps.platforms.adapters.freshdesk import FreshdeskAdapter
from apps.platforms.models import Article, Attachment, Connection, Message, Person, Ticket
from apps.search import index
from apps.search.models import Chunk
from tests.ingest.test_sync import allow, comparable, join, mirror
from tests.simulated import Simulator, running

TICKETS = 90
READ = (Outbox.Kind.LOOK, Outbox.Kind.THREAD)


def read_all(*, full: bool = False) -> None:
    """Every due feed, and what they make owed of the helpdesk, until nothing is."""
    hurry(Connection.objects.get(), full=full)
    while True:
        for stream_id in due_streams():
            read_feed(stream_id=stream_id, go_on=lambda: True)
        if not sum(work_off(kind) for kind in READ) and not due_streams():
            return


@pytest.fixture
def account(in_acme, settings) -> Iterator[Simulator]:
    """An account that was read to its end, and whose changes no feed is going to tell of."""
    with running("--account", "generated", "--tickets", str(TICKETS), "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        join(simulator)
        read_all()
        Outbox.objects.all().delete()
        yield simulator


def live_ids(count: int) -> list[int]:
    rows = Ticket.objects.filter(state="live", deleted=False).order_by("updated_at")
    return [int(remote_id) for remote_id in rows.values_list("remote_id", flat=True)[:count]]


def equal_to_truth(simulator: Simulator) -> None:
    ours, theirs = mirror(), comparable(simulator.told("truth"))
    shown = {key: row for key, row in ours[0].items() if not row["deleted"]}
    assert set(shown) == set(theirs[0])
    assert [key for key in shown if shown[key] != theirs[0][key]] == []


def test_deleted_and_archived_tickets_are_found_by_the_walk_over_all_numbers(account):
    gone, archived, trashed = live_ids(9)[:3], live_ids(9)[3:6], live_ids(9)[6:]
    account.tell("update", apply=[{"op": "destroy", "tickets": gone}, {"op": "archive", "tickets": archived}, {"op": "trash", "tickets": trashed}])
    read_all()
    assert Ticket.objects.filter(deleted=True).count() == 0, "no feed tells"
    read_all(full=True)
    removed = Ticket.objects.filter(remote_id__in=gone)
    assert set(removed.values_list("deleted", "subject", "description_text", "customer")) == {(True, "", "", None)}
    assert not Message.objects.filter(ticket__in=removed).exists()
    owed = set(Outbox.objects.filter(kind=Outbox.Kind.INDEX_TICKET).values_list("object_id", flat=True))
    assert set(removed.values_list("pk", flat=True)) <= owed, "their chunks are to go"
    assert set(Ticket.objects.filter(remote_id__in=archived).values_list("state", "deleted")) == {("archived", False)}
    assert set(Ticket.objects.filter(remote_id__in=trashed).values_list("state", flat=True)) == {"trashed"}
    equal_to_truth(account)


def test_a_customer_is_forgotten_with_their_last_ticket_and_not_before(account):
    customers = Person.objects.filter(kind=Person.Kind.CUSTOMER).annotate(count=Count("tickets")).filter(count__gt=1)
    erased, other = customers.filter(count__lte=5)[:2]
    one = Ticket.objects.filter(customer=other, state="live").first()
    everybody = set(Person.objects.values_list("pk", flat=True))
    account.tell("update", apply=[{"op": "destroy_contact", "contact": int(erased.remote_id)}, {"op": "destroy", "tickets": [int(one.remote_id)]}])
    read_all(full=True)
    assert Ticket.objects.filter(deleted=True).count() == erased.count + 1
    assert set(Person.objects.values_list("pk", flat=True)) == everybody - {erased.pk}
    other.refresh_from_db()
    assert other.name and other.email
    equal_to_truth(account)


def test_tickets_deleted_from_the_archive_are_found_by_asking_for_each_now_and_then(account, monkeypatch):
    old = live_ids(12)
    account.update(op="archive", tickets=old)
    read_all(full=True)
    monkeypatch.setattr(deletions, "FEW", 5)
    account.update(op="destroy", tickets=[old[0], old[11]])
    account.control.request("DELETE", "/__sim/log")
    for _ in range(3):  # a day each: five, five, two and those that were asked for first
        read_all(full=True)
    asked = Counter(row["path"].rsplit("/", 1)[1] for row in account.told("log")["requests"] if "/archived/" in row["path"])
    assert set(Ticket.objects.filter(deleted=True).values_list("remote_id", flat=True)) == {str(old[0]), str(old[11])}
    gone = sum(asked.pop(str(one)) for one in (old[0], old[11]))  # those are looked for again every day
    assert set(asked) == {str(one) for one in old[1:11]} and sum(asked.values()) + gone <= 3 * (5 + 2), "five a day"
    equal_to_truth(account)


def points() -> dict[str, set[str]]:
    """What the engine itself holds of the company: ids of points by (kind, remote id)."""
    found: dict[str, set[str]] = defaultdict(set)
    own = models.Filter(must=[models.FieldCondition(key="company_id", match=models.MatchValue(value="acme"))])
    records, after = index._client().scroll("chunks", own, limit=10_000, with_payload=True)
    assert after is None
    for one in records:
        found[f"{one.payload['kind']} {one.payload['remote_id']}"].add(str(one.id))
    return found


def index_all() -> None:
    for kind in (Outbox.Kind.INDEX_ARTICLE, Outbox.Kind.INDEX_TICKET):
        while work_off(kind):
            pass


def hide(monkeypatch, ticket_id: int) -> None:
    """The key may not see it any more: no list names it, and it is refused when asked for."""
    listed, fetched = FreshdeskAdapter._list, FreshdeskAdapter.fetch_ticket

    async def listing(self, at, shape, **more):
        rows, odd = await listed(self, at, shape, **more)
        return [row for row in rows if row.id != ticket_id], odd

    async def refused(self, asked, **more):
        if int(asked) == ticket_id:
            raise CredentialsRejected("not in your scope", code="access_denied")
        return await fetched(self, asked, **more)

    monkeypatch.setattr(FreshdeskAdapter, "_list", listing)
    monkeypatch.setattr(FreshdeskAdapter, "fetch_ticket", refused)


def test_vectors_of_what_was_removed_are_gone_after_one_look_at_everything(account, monkeypatch):
    """Deleted, trashed, spam, merged, out of scope (403), an article deleted and one made a draft: in the engine itself."""
    owe(Outbox.Kind.INDEX_TICKET, list(Ticket.objects.values_list("pk", flat=True)))
    owe(Outbox.Kind.INDEX_ARTICLE, list(Article.objects.values_list("pk", flat=True)))
    index_all()
    before = points()
    destroyed, trashed, spam, forbidden, main, second = live_ids(6)
    dropped, draft = sorted({int(one) for one in Article.objects.filter(published=True).values_list("remote_id", flat=True)})[:2]
    gone = {f"message {one}" for one in (destroyed, trashed, spam, forbidden)} | {f"article {one}" for one in (dropped, draft)}
    assert gone | {f"message {main}", f"message {second}"} <= set(before), "they were there"
    account.tell("update", apply=[
        {"op": "destroy", "ticket": destroyed}, {"op": "trash", "ticket": trashed}, {"op": "spam", "ticket": spam},
        {"op": "merge", "into": main, "tickets": [second]}, {"op": "delete_article", "article": dropped},
        {"op": "article_status", "article": draft, "value": 1},
    ])  # fmt: skip
    hide(monkeypatch, forbidden)
    read_all(full=True)
    index_all()
    after = points()
    assert gone & set(after) == set()
    rows = {str(one): f"{kind} {number}" for kind, number, one in Chunk.objects.values_list("kind", "remote_id", "id")}
    assert rows == {one: key for key, ids in after.items() for one in ids}, "no point more or less than chunks"
    assert len(after[f"message {main}"]) > len(before[f"message {main}"]), "what was merged speaks for its new ticket"


def test_too_many_removals_wait_for_a_word_and_then_happen(account):
    many = live_ids(FEW + 10)
    account.update(op="destroy", tickets=many)
    read_all(full=True)
    assert Ticket.objects.filter(deleted=True).count() == 0
    assert progress()["held"] == len(many)
    assert Stream.objects.get(kind=Stream.Kind.IDS).held == len(many)
    call_command("confirm_removals", "acme")
    read_all()
    assert Ticket.objects.filter(deleted=True).count() == len(many)
    assert progress()["held"] == 0
    equal_to_truth(account)


def test_a_key_that_sees_less_all_of_a_sudden_hides_little_and_everything_comes_back(account, monkeypatch):
    real = FreshdeskAdapter._list, FreshdeskAdapter.fetch_ticket, FreshdeskAdapter.fetch_thread
    seen = {int(one) for one in live_ids(5)}

    async def listing(self, at, shape, **more):
        rows, odd = await real[0](self, at, shape, **more)
        return [row for row in rows if row.id in seen], odd

    async def forbidden(self, ticket_id, **_):
        raise CredentialsRejected("not in your scope", code="access_denied")

    with monkeypatch.context() as narrow:
        narrow.setattr(FreshdeskAdapter, "_list", listing)
        narrow.setattr(FreshdeskAdapter, "fetch_ticket", forbidden)
        narrow.setattr(FreshdeskAdapter, "fetch_thread", forbidden)
        read_all(full=True)
        assert Ticket.objects.filter(deleted=True).count() <= 3, "only what was asked for by number"
        owe(Outbox.Kind.THREAD, list(Ticket.objects.values_list("pk", flat=True)))
        while work_off(Outbox.Kind.THREAD):
            pass
        assert Ticket.objects.filter(deleted=True).count() <= FEW
        assert progress()["held"] >= TICKETS - 2 * FEW
        assert Connection.objects.get().state == Connection.State.ACTIVE
    read_all(full=True)
    assert progress()["held"] == 0
    equal_to_truth(account)


def test_a_ticket_that_comes_back_without_a_change_is_shown_again_with_its_thread(account):
    one = live_ids(1)[0]
    before = mirror()[0][str(one)]
    from apps.ingest.deletions import erase_tickets

    erase_tickets([Ticket.objects.get(remote_id=one).pk])
    Ticket.objects.filter(remote_id=live_ids(2)[1]).update(state="trashed")
    read_all(full=True)
    assert mirror()[0][str(one)] == before
    equal_to_truth(account)


def test_a_ticket_no_feed_has_brought_is_found(account):
    lost = Ticket.objects.filter(updated_at__lt=timezone.now() - timedelta(days=40), state="live").first()
    lost.delete()
    read_all(full=True)
    read_all()
    equal_to_truth(account)


def test_a_hidden_ticket_no_feed_has_brought_is_found(account):
    """Spam and trash that came back and went again without a move of their time."""
    one, two, three, four = live_ids(4)
    account.tell("update", apply=[{"op": "spam", "ticket": three}, {"op": "trash", "ticket": four}])
    read_all()
    account.tell("switches", hiding_moves=False)
    account.tell("update", apply=[{"op": "spam", "ticket": one}, {"op": "trash", "ticket": two}])
    Ticket.objects.filter(remote_id__in=[one, two]).delete()
    read_all()
    assert not Ticket.objects.filter(remote_id__in=[one, two]).exists(), "their feeds are past them"
    read_all(full=True)
    assert set(Ticket.objects.filter(remote_id__in=[one, two]).values_list("state", "deleted")) == {("spam", False), ("trashed", False)}
    equal_to_truth(account)


def test_many_tickets_no_feed_has_brought_are_read_by_their_feeds_and_not_one_by_one(account):
    lost = Ticket.objects.filter(state="live").order_by("remote_id")[: FEW + 30]
    Ticket.objects.filter(pk__in=[one.pk for one in lost]).delete()
    account.control.request("DELETE", "/__sim/log")
    read_all(full=True)
    views = [row for row in account.told("log")["requests"] if row["path"].removeprefix("/api/v2/tickets/").isdigit()]
    assert len(views) <= TICKETS - FEW - 30, "recent tickets only"
    equal_to_truth(account)


def test_hidden_strangers_are_found_by_a_walk_that_sends_for_many_live_ones(account):
    """For many live ones the past is begun again; that says nothing of spam and trash, whose feeds are past these."""
    shown = live_ids(4)
    account.tell("update", apply=[{"op": "spam", "ticket": shown[2]}, {"op": "trash", "ticket": shown[3]}])
    read_all()
    account.tell("switches", hiding_moves=False)
    account.tell("update", apply=[{"op": "spam", "ticket": shown[0]}, {"op": "trash", "ticket": shown[1]}])
    Ticket.objects.filter(remote_id__in=[*shown[:2], *live_ids(FEW + 30)]).delete()
    read_all(full=True)
    equal_to_truth(account)


def test_an_archived_ticket_that_was_hidden_for_a_while_comes_back(account):
    """No list names what is in the archive: the removed ones are asked for by number for some days."""
    one = live_ids(1)[0]
    account.tell("update", apply=[{"op": "archive", "ticket": one}])
    read_all(full=True)
    account.tell("update", apply=[{"op": "scope", "value": 3}])
    owe(Outbox.Kind.LOOK, [Ticket.objects.get(remote_id=one).pk])
    assert work_off(Outbox.Kind.LOOK) == 1
    assert Ticket.objects.get(remote_id=one).deleted
    account.tell("update", apply=[{"op": "scope", "value": 1}])
    read_all(full=True)
    assert not Ticket.objects.get(remote_id=one).deleted
    equal_to_truth(account)


def test_what_is_held_stays_held_however_often_it_is_asked_for(account):
    many = live_ids(2 * FEW + 10)
    account.update(op="destroy", tickets=many)
    gone = Ticket.objects.filter(remote_id__in=many)
    for _ in range(3):
        owe(Outbox.Kind.LOOK, list(gone.values_list("pk", flat=True)))
        while work_off(Outbox.Kind.LOOK):
            pass
        gone.update(missing_at=timezone.now() - timedelta(days=2))
    assert gone.filter(deleted=True).count() <= FEW
    assert progress()["held"] >= FEW + 10


def test_tickets_that_come_while_all_numbers_are_walked_are_not_thought_gone(account):
    rows = Ticket.objects.filter(state="live")[:3]
    Ticket.objects.filter(pk__in=[one.pk for one in rows]).delete()
    stream = Stream.objects.get(kind=Stream.Kind.IDS)
    Stream.objects.filter(pk=stream.pk).update(cursor={"feed": "spam"})  # it is past the live ones
    Ticket.objects.update(sweep=stream.sweep)
    Stream.objects.filter(kind=Stream.Kind.TICKETS).update(cursor=None, next_at=timezone.now())
    Stream.objects.filter(pk=stream.pk).update(next_at=timezone.now())
    for kind in (Stream.Kind.TICKETS, Stream.Kind.IDS):
        read_feed(stream_id=Stream.objects.get(kind=kind).pk, go_on=lambda: True)
    assert not Outbox.objects.filter(kind=Outbox.Kind.LOOK).exists()


def test_tickets_looked_at_side_by_side_ask_for_the_statuses_once(account):
    owe(Outbox.Kind.LOOK, list(Ticket.objects.values_list("pk", flat=True)[:8]))
    account.control.request("DELETE", "/__sim/log")
    assert work_off(Outbox.Kind.LOOK) == 8
    paths = [row["path"] for row in account.told("log")["requests"]]
    assert (len(paths), paths.count("/api/v2/ticket_fields")) == (9, 1)


def test_notes_edited_and_deleted_without_a_trace_are_found_by_reading_recent_threads_again(account):
    rows = Ticket.objects.filter(state="live", message_count__gt=2).order_by("-updated_at")
    edited, cut = (int(one) for one in rows.values_list("remote_id", flat=True)[:2])
    Ticket.objects.filter(remote_id__in=[edited, cut]).update(updated_at=timezone.now())  # the generator's are older
    account.tell("update", apply=[
        {"op": "edit_entry", "ticket": edited, "text": "edited in silence"},
        {"op": "delete_entry", "ticket": cut, "bump": False},
    ])  # fmt: skip
    read_all()
    assert not Message.objects.filter(text__contains="edited in silence").exists()
    read_all(full=True)
    assert Message.objects.filter(text__contains="edited in silence").exists()
    truth = {row["remote_id"]: row for row in account.told("truth")["tickets"]}
    ours = mirror()[0]
    for key in (str(edited), str(cut)):
        assert ours[key]["messages"] == truth[key]["messages"]


def test_articles_that_vanish_are_hidden_and_too_many_are_not(account):
    listed = sorted({int(one) for one in Article.objects.values_list("remote_id", flat=True)})
    account.update(op="delete_article", article=listed[0])
    read_all()
    assert set(Article.objects.filter(deleted=True).values_list("remote_id", flat=True)) == {str(listed[0])}
    stream = Stream.objects.get(kind=Stream.Kind.ARTICLES)
    rows = [
        Article(
            connection=stream.connection, remote_id=f"x{number}", language="en", status_value="2", created_at=timezone.now(),
            updated_at=timezone.now(), raw_hash="0", published=True,
        )
        for number in range(FEW + 100)
    ]  # fmt: skip
    Article.objects.bulk_create(rows)
    read_all()
    assert not Article.objects.filter(remote_id__startswith="x", deleted=True).exists()
    assert progress()["held"] == len(rows)
    call_command("confirm_removals", "acme")
    read_all()
    assert Article.objects.filter(remote_id__startswith="x", deleted=True).count() == len(rows)


def test_an_attachment_that_was_taken_away_leaves_the_mirror(in_acme):
    from django.db import transaction

    from apps.ingest.sync import store_tickets
    from apps.ingest.threads import store_threads
    from apps.platforms.base import AttachmentData
    from tests.mirror import make_connection, message_data, ticket_data

    files = (AttachmentData(remote_id="1", name="a.pdf"), AttachmentData(remote_id="2", name="b.pdf"))
    for kept in (files, files[1:], ()):
        with transaction.atomic():
            store_tickets(make_connection(), [ticket_data(3, "files", "text")])
            store_threads([(Ticket.objects.get(), [message_data(1, 3, "see there").model_copy(update={"attachments": kept})])])
        assert set(Attachment.objects.values_list("name", flat=True)) == {one.name for one in kept}


def test_a_thread_that_was_not_there_for_a_moment_is_read_when_it_is(account, monkeypatch):
    """The key saw less between two calls, or the ticket was on its way into the archive."""
    from apps.core.errors import NotFound

    real = FreshdeskAdapter.fetch_thread

    async def missing(self, ticket_id):
        raise NotFound("not there")

    one = Ticket.objects.get(remote_id=live_ids(1)[0])
    before = mirror()[0][one.remote_id]
    Message.objects.filter(ticket=one).delete()
    owe(Outbox.Kind.THREAD, [one.pk])
    monkeypatch.setattr(FreshdeskAdapter, "fetch_thread", missing)
    assert work_off(Outbox.Kind.THREAD) == 1
    assert Outbox.objects.get(kind=Outbox.Kind.THREAD).last_error == "thread_moved"
    monkeypatch.setattr(FreshdeskAdapter, "fetch_thread", real)
    Outbox.objects.update(due_at=timezone.now())
    assert work_off(Outbox.Kind.THREAD) == 1
    assert mirror()[0][one.remote_id] == before
