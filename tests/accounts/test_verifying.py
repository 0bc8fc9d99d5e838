"""Whose address it is: proven by a mailed link, for one person and one address, and gone with the address."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from redis import Redis

from apps.accounts import tasks
from apps.accounts.models import User
from apps.accounts.resets import reset_tokens
from apps.accounts.verifying import verify_link, verify_tokens
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from config.mail import mail_at
from tests.accounts.test_resets import EMAIL, NEW, set_password
from tests.accounts.test_resets import link as reset_path

PAGE = "/account/email/"


@pytest.fixture
def queue():
    with Redis.from_url(django_settings.BROKER_URL) as client:
        client.delete("deskhand:interactive")
        yield client
        client.delete("deskhand:interactive")


@pytest.fixture
def mara(acme, make_user) -> User:
    return make_user(acme, email=EMAIL)


@pytest.fixture
def browser(acme, mara, client_of) -> Client:
    return client_of(acme)  # hers: she is the only agent


def mailed(company, person: User) -> str:
    """The path of the link that a worker mails."""
    mail.outbox.clear()
    with bind_company(company.binding()):
        tasks.mail_verify.run(str(person.pk))
    (sent,) = mail.outbox
    assert sent.to == [person.email]
    return re.search(r"http://\S+", sent.body)[0].removeprefix(f"http://{company.company_id}.localhost:8000")


def held(company, person: User) -> User:
    with bind_company(company.binding()):
        return User.objects.get(pk=person.pk)


def test_nobody_is_verified_by_being_made(acme, mara):
    assert held(acme, mara).email_verified_at is None


def test_the_link_of_a_mail_verifies_once_and_by_a_button(acme, mara, browser, queue, django_capture_on_commit_callbacks):
    assert b"Not verified" in browser.get(PAGE).content
    assert browser.post(PAGE).status_code == 302
    assert len(queue.lrange("deskhand:interactive", 0, -1)) == 1
    path = mailed(acme, mara)
    assert b"This is my address" in browser.get(path).content
    assert held(acme, mara).email_verified_at is None, "programs of mail servers follow links"
    with bind_company(acme.binding()), django_capture_on_commit_callbacks(execute=True):
        assert browser.post(path).status_code == 302
    assert held(acme, mara).email_verified_at is not None
    assert b"Verified" in browser.get(PAGE).content
    assert browser.post(path).status_code == 400
    with bind_company(acme.binding()):
        assert AuditEvent.objects.get(event="email_verified").facts == {"mode": "page"}


def test_a_link_is_worth_nothing_to_anybody_else(acme, mara, browser, make_user, client_of):
    """Who types somebody's address into their account has that person mailed: opening the mail must prove nothing."""
    thief = make_user(acme, "lead", email="thief@acme.example")
    thiefs = client_of(acme, "lead")
    path = mailed(acme, mara)
    for stranger in (thiefs, Client(headers={"host": "acme.localhost"})):
        stranger.get(path)
        stranger.post(path)
    assert thiefs.post(path).status_code == 400
    assert Client(headers={"host": "acme.localhost"}).post(path).status_code == 302  # to sign in
    assert held(acme, mara).email_verified_at is held(acme, thief).email_verified_at is None


def test_a_link_to_the_old_address_does_not_prove_the_new_one(acme, mara, browser):
    path = mailed(acme, mara)
    with bind_company(acme.binding()):
        mara.email = "boss@acme.example"
        mara.save(update_fields=["email"])
    assert browser.post(path).status_code == 400
    assert held(acme, mara).email_verified_at is None
    assert browser.post(mailed(acme, held(acme, mara))).status_code == 302
    with bind_company(acme.binding()):
        mara.email = EMAIL  # and back: what was proven before counts no more
        mara.save()
    assert held(acme, mara).email_verified_at is None


@pytest.mark.parametrize("fields", [None, ["email"], ["email", "name"]])
def test_every_way_to_save_another_address_takes_the_mark_away(acme, mara, fields):
    with bind_company(acme.binding()):
        User.objects.filter(pk=mara.pk).update(email_verified_at=timezone.now())
        person = User.objects.get(pk=mara.pk)
        person.name = "Mara L."
        person.save(update_fields=fields)
        assert User.objects.get(pk=mara.pk).email_verified_at is not None
        person.email = "other@acme.example"
        person.save(update_fields=fields)
        assert User.objects.get(pk=mara.pk).email_verified_at is None
        assert person.email_verified_at is None


def test_who_saves_what_was_read_before_takes_no_mark_away_and_sets_none(acme, mara):
    with bind_company(acme.binding()):
        stale = User.objects.get(pk=mara.pk)
        User.objects.filter(pk=mara.pk).update(email_verified_at=timezone.now())
        stale.save()
        assert User.objects.get(pk=mara.pk).email_verified_at is not None
        User.objects.filter(pk=mara.pk).update(email_verified_at=None)
        stale.email_verified_at = timezone.now()
        stale.save()
        assert User.objects.get(pk=mara.pk).email_verified_at is None


def test_an_admin_who_edits_a_person_shows_and_clears_the_mark(acme, mara, client_of):
    admin = client_of(acme, "admin")
    with bind_company(acme.binding()):
        User.objects.filter(pk=mara.pk).update(email_verified_at=timezone.now())
    path = f"/admin/accounts/user/{mara.pk}/change/"
    assert b"Email verified" in admin.get(path).content
    form = {"name": "Mara", "role": "agent", "language": "en", "theme": "system", "keys_enabled": "on", "is_active": "on"}
    assert admin.post(path, form | {"email": EMAIL, "email_verified_at": "2026-01-01"}).status_code == 302
    assert held(acme, mara).email_verified_at.year != 1
    assert admin.post(path, form | {"email": "new@acme.example"}).status_code == 302
    assert held(acme, mara).email_verified_at is None


def test_a_password_set_by_a_mailed_link_verifies_the_address(acme, mara, queue):
    set_password(reset_path(queue, acme))
    assert held(acme, mara).email_verified_at is not None


def test_a_reset_link_to_the_old_address_verifies_nothing(acme, mara, queue):
    path = reset_path(queue, acme)
    with bind_company(acme.binding()):
        mara.email = "boss@acme.example"
        mara.save()
    set_password(path)
    assert held(acme, mara).email_verified_at is None
    assert not held(acme, mara).check_password(NEW)


def test_the_two_kinds_of_links_are_not_each_others(acme, mara, browser):
    with bind_company(acme.binding()):
        person = User.objects.get(pk=mara.pk)
        assert not reset_tokens.check_token(person, verify_tokens.make_token(person))
        assert not verify_tokens.check_token(person, reset_tokens.make_token(person))
        assert browser.post(f"{PAGE}{reset_tokens.make_token(person)}/").status_code == 400


def test_a_link_of_one_company_is_nothing_in_another(acme, globex, mara, make_user, client_of):
    theirs = make_user(globex, email=EMAIL)
    with bind_company(globex.binding()):
        User.objects.filter(pk=theirs.pk).delete()
        twin = User(pk=mara.pk, email=EMAIL, name="Twin")  # the same id, address and state
        twin.save(force_insert=True)
        link = verify_link(User.objects.get(pk=mara.pk))
    with bind_company(acme.binding()):
        assert not verify_tokens.check_token(User.objects.get(pk=mara.pk), link.rstrip("/").rsplit("/", 1)[1])


def test_nobodys_mailbox_is_filled_and_no_mail_is_promised_where_none_is_sent(acme, mara, browser, queue, settings):
    for _ in range(3):
        assert browser.post(PAGE).status_code == 302
    assert browser.post(PAGE).status_code == 429
    assert len(queue.lrange("deskhand:interactive", 0, -1)) == 3
    settings.MAIL = mail_at("")
    page = browser.get(PAGE).content
    assert b"This site sends no mail." in page
    assert b"Mail me a link" not in page
    with bind_company(acme.binding()):
        mail.outbox.clear()
        tasks.mail_verify.run(str(mara.pk))
        settings.MAIL = mail_at("console:")
        User.objects.filter(pk=mara.pk).update(email_verified_at=timezone.now())
        tasks.mail_verify.run(str(mara.pk))
    assert mail.outbox == [], "who is verified needs none"
