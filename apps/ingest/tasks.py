"""Celery's side of the mirror: every task says 'look', the database says what is to be done."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from apps.ingest.models import Outbox
from apps.ingest.outbox import BEHIND, due_kinds, owes_more, work_off
from apps.ingest.reconciling import reconcile
from apps.ingest.streams import due_streams, ensure_streams
from apps.ingest.sweeping import sweep_owed
from apps.ingest.sync import Outcome, read_feed
from apps.ingest.timing import keep_times
from apps.ingest.watching import watch
from apps.platforms.models import Connection
from apps.tenancy.queues import messages_wait
from apps.tenancy.registry import is_open
from apps.tenancy.tasks import CompanyTask, OperatorTask, for_each_company

BUDGET_SECONDS = 3  # of one task; then it sends itself again, so that companies and kinds of work take turns
SHORT_SECONDS = 0.5  # of a feed while others wait
LITTLE = 50  # owed rows that are done in one turn; who owes more gives way after each batch while others wait
EXPIRES = 60
log = structlog.get_logger("deskhand.ingest")


@shared_task(base=OperatorTask, name="ingest.sync_due")
def sync_due() -> None:
    """Beat's question to every company: what is due? One message a feed and a kind of owed work."""
    for_each_company(_send_due)


def _send_due() -> None:
    for stream_id in due_streams():
        sync_stream.apply_async([str(stream_id)], expires=EXPIRES)
    for kind in due_kinds():
        _send(kind)


@shared_task(base=OperatorTask, name="ingest.sync_sweep")
def sync_sweep() -> None:
    """Beat's second question: is something owed that nobody knows of, and has every connection all its feeds?"""
    for_each_company(_sweep)


def _sweep() -> None:
    for connection in Connection.objects.all():
        ensure_streams(connection)
    sweep_owed()


@shared_task(base=OperatorTask, name="ingest.sync_watch")
def sync_watch() -> None:
    """Beat's third question: is every connection read, and does somebody know of it where not?"""
    for_each_company(watch)


@shared_task(base=OperatorTask, name="ingest.index_compare")
def index_compare() -> None:
    """Beat's question once a day: does the index of every company hold what it should?"""
    for_each_company(lambda: index_reconcile.apply_async([""], expires=EXPIRES * 60))


@shared_task(base=CompanyTask, name="ingest.index_reconcile", look=True)
def index_reconcile(after: str) -> None:
    """Some pages of the index, then itself again; a lost message leaves the rest to the next day."""
    until = time.monotonic() + BUDGET_SECONDS
    _, following = reconcile(go_on=lambda: time.monotonic() < until and is_open(), after=after)
    if following and is_open():
        index_reconcile.apply_async([following], expires=EXPIRES * 60)


@shared_task(base=CompanyTask, name="ingest.sync_stream", look=True)
def sync_stream(stream_id: str) -> None:
    """Pages of one feed until it is read to the end or the budget is spent."""
    began = time.monotonic()

    def go_on() -> bool:
        for kind in due_kinds():
            _send(kind)
        spent = time.monotonic() - began
        return spent < BUDGET_SECONDS and is_open() and not (spent > SHORT_SECONDS and messages_wait())

    if is_open():
        try:
            outcome = read_feed(stream_id=UUID(stream_id), go_on=go_on)
        finally:
            keep_times()
        if outcome is Outcome.MORE and is_open():
            sync_stream.apply_async([stream_id], expires=EXPIRES)
        elif outcome is Outcome.DONE:
            go_on()


@shared_task(base=CompanyTask, name="ingest.read_owed", look=True)
def read_owed(kind: str) -> None:
    """Owed work that waits for the network (threads, looks, hints)."""
    _work(kind)
    if kind == Outbox.Kind.HINT and is_open():  # somebody waits for what follows from it: not until beat looks
        for following in due_kinds():
            _send(following)


@shared_task(base=CompanyTask, name="ingest.index_owed", look=True)
def index_owed(kind: str) -> None:
    """Owed work that computes: chunks, vectors, briefs."""
    _work(kind)


@shared_task(base=CompanyTask, name="ingest.second_owed", look=True)
def second_owed(kind: str) -> None:
    """Owed work that takes long and that nobody waits for: a worker of its own, with the least right to the machine."""
    _work(kind)


@shared_task(base=CompanyTask, name="ingest.mail_owed", look=True)
def mail_owed(kind: str) -> None:
    """Owed mails: a mail server may be slow or away, so the worker that nobody waits for asks it."""
    _work(kind)


def _send(kind: str) -> None:
    """Briefs and hints go past the others: agents wait for them, and the first briefs need no more than is there."""
    task = TASKS.get(kind, index_owed)
    past = {"queue": "interactive"} if kind in (Outbox.Kind.BRIEF, Outbox.Kind.HINT) else {}
    task.apply_async([kind], expires=EXPIRES, **past)


def send_hints() -> None:
    """Have a worker look at the hints now. Without a queue beat finds them."""
    try:
        read_owed.apply_async([Outbox.Kind.HINT.value], expires=EXPIRES, queue="interactive", retry=False)
    except OperationalError:
        log.info("hints_wait")


def send_due() -> None:
    """Have workers look at the bound company now. Without a queue beat finds what is due."""
    try:
        _send_due()
    except OperationalError:
        log.info("hints_wait")


TASKS = {
    Outbox.Kind.HINT: read_owed, Outbox.Kind.THREAD: read_owed, Outbox.Kind.LOOK: read_owed, Outbox.Kind.ROW: read_owed,
    Outbox.Kind.SECOND_ARTICLE: second_owed, Outbox.Kind.FILE: second_owed, Outbox.Kind.NOTICE: mail_owed,
}  # fmt: skip


def _work(kind: str) -> None:
    until = time.monotonic() + BUDGET_SECONDS
    try:
        while is_open() and work_off(kind):
            if time.monotonic() > until or _gives_way(kind):
                _send(kind)
                return
    finally:
        keep_times()


def _gives_way(kind: str) -> bool:
    """Little work is done in one turn, a mountain batch by batch: so the little does not wait for turns of the mountain."""
    return kind not in BEHIND and messages_wait() and owes_more(kind, LITTLE)
