"""Word to the admins: once, to them alone, in their language; a mail server that is away delays it and nothing else (F9)."""

from __future__ import annotations

import os
import signal
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import gettext
from redis import Redis

from apps.accounts.models import User
from apps.core.models import AuditEvent
from apps.ingest import tasks
from apps.ingest.models import DeadLetter, Notice, NoticeMail, Outbox, Stream, Watch
from apps.ingest.outbox import owe, work_off
from apps.ingest.progress import progress
from apps.ingest.streams import ensure_streams, hurry
from apps.ingest.watching import BLIND, FEEDS, REST, STUCK, watch
from apps.platforms.connecting import connect, refuse
from apps.platforms.models import Connection, Ticket
from apps.tenancy.context import bind_company
from apps.tenancy.names import PATIENT_QUEUE
from tests.ingest.test_sync import allow, join, run_feeds
from tests.isolation.companies import companies
from tests.mailserver import MailServer
from tests.simulated import KEY, running

REFUSED = "Sync stopped: the helpdesk has refused the key"
STILL = "Sync stopped: nothing new arrives from the helpdesk"
AGAIN = "The sync works again"
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


@pytest.fixture
def mailbox(settings) -> Iterator[MailServer]:
    with MailServer() as server:
        server.use(settings)
        yield server


def connection_of(account: str = "acme.freshdesk.example") -> Connection:
    made = Connection.objects.create(platform="freshdesk", account=account)
    ensure_streams(made)
    return made


def admin(name: str = "ada", company: str = "acme", language: str = "en", role: str = "admin") -> User:
    return User.objects.make(email=f"{name}@{company}.example", name=name, role=role, language=language)


def deliver() -> None:
    """What a worker does when all that waits is due."""
    Outbox.objects.update(due_at=timezone.now(), claimed_until=None)
    while work_off(Outbox.Kind.NOTICE):
        pass


def subjects(mailbox: MailServer, person: User) -> list[str]:
    return [message["Subject"].strip() for message in mailbox.to(person.email)]


def test_a_revoked_key_is_told_once_to_each_active_admin_in_their_language_and_a_new_key_once(in_acme, settings, mailbox):
    admins = {one: admin(f"ada-{one}", language=one) for one in LANGUAGES}
    gone = admin("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for role in ("agent", "lead", "privacy"):
        admin(role, role=role)
    with running("--account", "generated", "--tickets", "15", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        connection = join(simulator)
        Stream.objects.exclude(kind__in=FEEDS).delete()
        run_feeds()
        assert Outbox.objects.filter(kind=Outbox.Kind.THREAD).count() == 15
        simulator.tell("key", api_key="another")
        simulator.control.request("DELETE", "/__sim/log")
        for _ in range(5):  # every thread and every feed, again and again
            hurry(connection)
            Outbox.objects.filter(kind=Outbox.Kind.THREAD).update(claimed_until=None, due_at=timezone.now())
            work_off(Outbox.Kind.THREAD)
            run_feeds()
            watch()
        assert 1 <= simulator.told("log")["calls"] <= 3, "at most two after the one that was refused"
        deliver()
        deliver()
        assert Notice.objects.get().reason == Notice.Reason.REFUSED
        assert sorted(one for one, _ in mailbox.mails) == sorted(one.email for one in admins.values())
        connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": "another"})
        watch()
        deliver()
    words = " ".join(message.get_content() for _, message in mailbox.mails)
    assert KEY not in words
    assert not [one for one in Ticket.objects.values_list("subject", flat=True) if one in words]
    for language, person in admins.items():
        with translation.override(language):
            assert subjects(mailbox, person) == [gettext(REFUSED), gettext(AGAIN)]
            reason = gettext("The helpdesk has refused the key")
        first, second = (message.get_content() for message in mailbox.to(person.email))
        assert connection.account in first
        assert reason in first
        assert "Acme Audio" in first
        for body in (first, second):
            assert body.count("http") == 1
            assert "http://acme.localhost:8000/sync/\n" in body
    assert len({subjects(mailbox, one)[0] for one in admins.values()}) == len(LANGUAGES) == 7
    assert not Outbox.objects.filter(kind=Outbox.Kind.NOTICE).exists()


def test_each_company_s_notice_goes_to_its_own_admins_and_names_its_own_pages(acme, globex, mailbox):
    people = {}
    for company in (acme, globex):
        with bind_company(company.binding()):
            people[company.company_id] = admin("ada", company.company_id)
            refuse(connection_of(f"{company.company_id}.freshdesk.example").pk, "credentials_rejected")
    for company in (acme, globex):
        with bind_company(company.binding()):
            deliver()
    assert len(mailbox.mails) == 2
    for company_id, person in people.items():
        (message,) = mailbox.to(person.email)
        assert message["Subject"] == REFUSED
        assert f"Helpdesk: {company_id}.freshdesk.example" in message.get_content()
        assert f"http://{company_id}.localhost:8000/sync/" in message.get_content()


@pytest.fixture
def still(in_acme, mailbox) -> Connection:
    """A connection whose tickets were read to the end, and are not any more."""
    admin()
    made = connection_of()
    Stream.objects.filter(connection=made).update(pages=1, next_at=timezone.now() + timedelta(minutes=1))
    watch()
    return made


def pass_time(by: timedelta, *, looks: bool = True) -> None:
    """As if so much had passed since pages came; with somebody who looked all the time, or not."""
    for row in Watch.objects.all():
        Watch.objects.filter(pk=row.pk).update(
            moved_at=row.moved_at - by, looked_at=row.looked_at if looks else row.looked_at - by
        )


def test_a_sync_that_stands_still_for_an_hour_is_told_once_and_once_that_it_moves(still, mailbox):
    ada = User.objects.get()
    Stream.objects.filter(kind=Stream.Kind.TICKETS).update(last_error="helpdesk_away", failures=9)
    pass_time(STUCK - timedelta(seconds=20))
    watch()
    assert not Notice.objects.exists(), "not before the hour is over"
    Stream.objects.filter(kind__in=[Stream.Kind.PEOPLE, Stream.Kind.ARTICLES]).update(pages=90)  # no ticket came by them
    pass_time(timedelta(seconds=30))
    for _ in range(3):
        watch()
        deliver()
    assert subjects(mailbox, ada) == [STILL]
    assert "Reason: The helpdesk does not answer" in mailbox.mails[0][1].get_content()
    Stream.objects.filter(kind=Stream.Kind.TICKETS).update(pages=2)
    for _ in range(3):
        watch()
        deliver()
    assert subjects(mailbox, ada) == [STILL, AGAIN]
    pass_time(STUCK)
    watch()
    deliver()
    assert len(mailbox.mails) == 2, "a helpdesk that comes and goes is not told of every hour"
    Notice.objects.update(opened_at=timezone.now() - REST)
    watch()
    deliver()
    assert subjects(mailbox, ada) == [STILL, AGAIN, STILL]


@pytest.mark.parametrize("away", ["site", "paused", "seldom"])
def test_time_in_which_nobody_was_to_read_is_no_standstill(still, settings, away):
    if away == "site":
        pass_time(max(STUCK, BLIND) * 2, looks=False)
    elif away == "paused":
        Connection.objects.update(state=Connection.State.PAUSED)
        pass_time(STUCK)
        watch()
        Connection.objects.update(state=Connection.State.ACTIVE)
    else:
        settings.POLL_SLOWEST_SECONDS = 3600
        pass_time(STUCK * 2)
    watch()
    assert not Notice.objects.exists()
    pass_time(STUCK * 3)
    watch()
    assert Notice.objects.get().reason == Notice.Reason.STUCK


def test_a_key_refused_while_the_sync_stands_still_is_told_and_ends_with_one_word(still, mailbox):
    pass_time(STUCK)
    watch()
    refuse(still.pk, "credentials_rejected")  # before anybody was told of the first
    deliver()
    Connection.objects.update(state=Connection.State.ACTIVE)
    Stream.objects.update(pages=5)
    for _ in range(2):
        watch()
        deliver()
    assert [message["Subject"] for _, message in mailbox.mails] == [REFUSED, AGAIN]


def test_what_an_older_release_left_refused_is_told(still, mailbox):
    Connection.objects.update(state=Connection.State.REJECTED, last_error="account_suspended")
    watch()
    deliver()
    assert "Reason: The helpdesk account is suspended" in mailbox.mails[0][1].get_content()


def test_a_mail_server_that_is_away_delays_and_loses_nothing_and_keeps_no_sync(in_acme, settings, mailbox):
    people = [admin(f"ada-{number}") for number in range(3)]
    mailbox.close()
    with running("--account", "generated", "--tickets", "10", "--plan", "unlimited") as simulator:
        allow(settings, simulator)
        made = join(simulator)
        Stream.objects.exclude(kind__in=FEEDS).delete()
        refuse(made.pk, "credentials_rejected")
        assert work_off(Outbox.Kind.NOTICE) == 3
        assert set(Outbox.objects.filter(kind=Outbox.Kind.NOTICE).values_list("last_error", "attempts")) == {("mail_unavailable", 1)}
        assert work_off(Outbox.Kind.NOTICE) == 0, "not at once again"
        connect(platform="freshdesk", options={"base_url": simulator.url, "api_key": KEY})
        hurry(made)
        deliver()
        run_feeds()
        deliver()
        Outbox.objects.exclude(kind=Outbox.Kind.NOTICE).delete()  # as if all else were done
        state = progress()
        assert (state["tickets"], state["owed"]) == (10, {"notice": 3})
        assert state["done"], "nobody waits for mails"
    mailbox.open()
    deliver()
    assert not DeadLetter.objects.filter(kind="notice").exists()
    assert [subjects(mailbox, one) for one in people] == [[REFUSED, AGAIN]] * 3, "late, and in order"


def test_from_the_beat_s_question_to_the_mailbox_by_the_worker_that_nobody_waits_for(in_acme, mailbox):
    ada = admin()
    refuse(connection_of().pk, "credentials_rejected")
    with Redis.from_url(django_settings.BROKER_URL) as queue:
        queue.flushdb()
        for _ in range(2):  # two looks, one message
            tasks._send_due()
        (message,) = [orjson.loads(raw) for raw in queue.lrange(f"deskhand:{PATIENT_QUEUE}", 0, -1)]
        queue.flushdb()
    assert message["headers"]["task"] == tasks.mail_owed.name
    tasks.mail_owed.run(*orjson.loads(b64decode(message["body"]))[0])
    assert subjects(mailbox, ada) == [REFUSED]


def test_an_address_that_is_refused_keeps_no_other_and_is_set_aside(in_acme, mailbox):
    wrong, right = admin("wrong"), admin("right")
    mailbox.refused[wrong.email] = 550
    refuse(connection_of().pk, "credentials_rejected")
    for _ in range(4):
        deliver()
    assert [one for one, _ in mailbox.mails] == [right.email]
    assert DeadLetter.objects.get().code == "mail_refused"


def test_an_admin_who_is_none_any_more_is_told_nothing(in_acme, mailbox):
    people = [admin(f"ada-{number}") for number in range(2)]
    refuse(connection_of().pk, "credentials_rejected")
    User.objects.filter(pk=people[0].pk).update(role="agent")
    deliver()
    assert [one for one, _ in mailbox.mails] == [people[1].email]
    assert not Outbox.objects.filter(kind=Outbox.Kind.NOTICE).exists()


@pytest.mark.verify
def test_many_find_out_at_once_and_a_worker_killed_after_sending_repeats_one_mail_of_three(
    django_db_setup, django_db_blocker, superuser_url, mailbox
):
    """The claim is a row: 8 threads make one. Killed before it could say that it sent, a worker leaves that one mail to
    be sent a second time, with the same number; the others are sent once."""
    with django_db_blocker.unblock(), companies(superuser_url, "told") as [company]:
        with bind_company(company.binding()):
            people = [admin(f"ada-{number}", "told") for number in range(3)]
            made = connection_of("told.freshdesk.example")
            owe(Outbox.Kind.THREAD, [made.pk])

        def find_out() -> None:
            with bind_company(company.binding()):
                for _ in range(5):
                    refuse(made.pk, "credentials_rejected")
            connections.close_all()

        threads = [threading.Thread(target=find_out) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with bind_company(company.binding()):
            assert Notice.objects.count() == 1
            assert NoticeMail.objects.count() == 3
        connections.close_all()
        connections["default"].close_pool()
        if (child := os.fork()) == 0:
            with bind_company(company.binding()):
                work_off(Outbox.Kind.NOTICE)
            os._exit(0)
        mailbox.taken = lambda: (os.kill(child, signal.SIGKILL), os.waitpid(child, 0))
        until = timezone.now() + timedelta(seconds=20)
        while not mailbox.mails and timezone.now() < until:
            threading.Event().wait(0.02)
        threading.Event().wait(0.2)
        mailbox.taken = lambda: None
        assert len(mailbox.mails) == 1
        with bind_company(company.binding()):
            assert not NoticeMail.objects.exclude(told_at=None).exists(), "it was killed before it could say so"
            deliver()
            deliver()
            assert AuditEvent.objects.filter(event="notice_sent").count() == 3
        counts = sorted(len(mailbox.to(one.email)) for one in people)
        assert counts == [1, 1, 2]
        numbers = [message["Message-ID"] for _, message in mailbox.mails]
        assert len(set(numbers)) == 3
        assert all(number.endswith("@told.localhost>") for number in numbers)
        connections.close_all()
