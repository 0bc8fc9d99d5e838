"""A new password by mail: who gets the link, what it is worth, and that nobody learns who has an account."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64decode

import orjson
import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from redis import Redis

from apps.accounts import tasks
from apps.accounts.models import ApiToken, User
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from apps.tenancy.tasks import HEADER, open_envelope
from tests.isolation.companies import companies

EMAIL, OLD, NEW = "mara@acme.example", "correct horse battery", "violet harbour, nine gulls"
QUEUE = "deskhand:interactive"


@pytest.fixture
def queue():
    """The broker's own list, empty before and after."""
    with Redis.from_url(django_settings.BROKER_URL) as client:
        client.delete(QUEUE)
        yield client
        client.delete(QUEUE)


@pytest.fixture
def mara(acme, make_user):
    return make_user(acme, email=EMAIL)


def at(company: str = "acme", network: str = "192.0.2.1") -> Client:
    return Client(REMOTE_ADDR=network, headers={"host": f"{company}.localhost"})


def ask(email: str, browser: Client | None = None, **more):
    return (browser or at()).post("/forgot-password/", {"email": email}, **more)


def messages(queue) -> list[dict]:
    return [orjson.loads(one) for one in queue.lrange(QUEUE, 0, -1)]


def deliver(queue, company) -> list[mail.EmailMessage]:
    """What a worker does with everything in the queue."""
    mail.outbox.clear()
    for message in messages(queue):
        name = message["headers"]["task"]
        assert open_envelope(name, message["headers"][HEADER])["company_id"] == company.company_id
        with bind_company(company.binding()):
            task = {"accounts.mail_reset": tasks.mail_reset, "accounts.mail_changed": tasks.mail_changed}[name]
            task.run(*orjson.loads(b64decode(message["body"]))[0])
    queue.delete(QUEUE)
    return list(mail.outbox)


def link(queue, company, email: str = EMAIL) -> str:
    """The path of the link that is mailed."""
    ask(email)
    (sent,) = deliver(queue, company)
    return re.search(r"http://\S+", sent.body)[0].removeprefix(f"http://{company.company_id}.localhost:8000")


def set_password(path: str, password: str = NEW, browser: Client | None = None):
    browser = browser or at()
    page = browser.get(path)
    where = page["Location"] if page.status_code == 302 else path
    return browser.post(where, {"new_password1": password, "new_password2": password})


def test_from_the_sign_in_page_to_a_new_password(acme, mara, queue):
    browser = at()
    assert 'href="/forgot-password/"' in browser.get("/sign-in/").content.decode()
    answer = ask(EMAIL, browser)
    assert answer["Location"] == "/forgot-password/?sent=1"
    assert "Look into your mail" in browser.get(answer["Location"]).content.decode()
    (sent,) = deliver(queue, acme)
    assert sent.to == [EMAIL]
    assert sent.subject == "Set a new password"
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "Company: Acme Audio" in sent.body
    path = re.search(r"http://acme\.localhost:8000(\S+)", sent.body)[1]
    shown = browser.get(path)
    assert shown.status_code == 302
    assert path.split("/")[-2] not in shown["Location"]  # the token is in no address from here on
    answer = browser.post(shown["Location"], {"new_password1": NEW, "new_password2": NEW})
    assert answer["Location"] == "/sign-in/?password=set"
    assert "Your new password is set" in browser.get(answer["Location"]).content.decode()
    assert browser.get("/").status_code == 302  # nobody is signed in by a link
    assert browser.post("/sign-in/", {"username": EMAIL, "password": NEW}).status_code == 302
    (told,) = deliver(queue, acme)
    assert told.subject == "Your password was changed"
    assert "http://acme.localhost:8000/forgot-password/" in told.body


def test_an_unknown_address_gets_the_same_answer_and_no_mail(acme, mara, queue):
    answers, sent = [], []
    for email in (EMAIL, "nobody@acme.example"):
        answer = ask(email)
        answers.append((answer.status_code, answer["Location"], sorted(answer.headers)))
        (message,) = messages(queue)
        body = b64decode(message["body"]).decode()
        assert "@" not in body + message["headers"]["argsrepr"]  # no address is in the queue
        sent.append([one.to for one in deliver(queue, acme)])
    assert answers[0] == answers[1]
    assert sent == [[[EMAIL]], []]


@pytest.mark.parametrize("host", ["evil.example", "acme.evil.example"])
def test_a_foreign_host_makes_no_link(acme, mara, queue, host):
    assert ask(EMAIL, Client(headers={"host": host})).status_code == 404
    ask(EMAIL, Client(headers={"host": "acme.localhost", "x-forwarded-host": host}))
    (sent,) = deliver(queue, acme)
    assert host not in sent.body


def test_a_link_is_good_once(acme, mara, queue):
    path = link(queue, acme)
    first, second = at(), at()
    where = first.get(path)["Location"], second.get(path)["Location"]  # open in two windows
    assert set_password(where[0], browser=first)["Location"] == "/sign-in/?password=set"
    late = second.post(where[1], {"new_password1": "another harbour here", "new_password2": "another harbour here"})
    assert "does not work any more" in second.get(where[1]).content.decode() or late.status_code == 302
    assert "does not work any more" in at().get(path).content.decode()
    with bind_company(acme.binding()):
        assert User.objects.get(email=EMAIL).check_password(NEW)


@pytest.mark.parametrize("what", ["late", "signed in", "switched off", "moved", "another company", "another person"])
def test_a_link_is_good_for_one_person_one_company_and_half_an_hour(
    acme, globex, mara, queue, make_user, what, settings
):
    path, host = link(queue, acme), "acme"
    with bind_company(acme.binding()):
        mine = User.objects.filter(email=EMAIL)
        if what == "late":
            settings.PASSWORD_RESET_TIMEOUT = -1
        elif what == "signed in":
            mine.update(last_login=timezone.now())
        elif what == "switched off":
            mine.update(is_active=False)
        elif what == "moved":
            mine.update(email="new@acme.example")
        password = mine.values_list("password", flat=True).first()
    if what == "another company":  # even one with the same person: same id, same password, same address
        host = "globex"
        with bind_company(globex.binding()):
            User(pk=mara.pk, email=EMAIL, name="Mara", password=password).save(force_insert=True)
    if what == "another person":
        from django.utils.http import urlsafe_base64_encode

        uid = urlsafe_base64_encode(str(make_user(acme, "lead").pk).encode())
        path = path.replace(path.split("/")[2], uid)
    page = at(host).get(path)
    assert page.status_code == 200
    assert "does not work any more" in page.content.decode()


def test_django_is_told_the_half_hour_the_mail_promises(settings):
    assert settings.PASSWORD_RESET_TIMEOUT == 1800


def test_every_session_ends_and_no_token_does(acme, mara, queue, client_of, token_of):
    browser = client_of(acme, "agent")
    with bind_company(acme.binding()):
        _row, clear = ApiToken.issue(user=mara, name="x")
    assert browser.get("/").status_code == 200
    set_password(link(queue, acme))
    assert browser.get("/").status_code == 302
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {clear}"})
    assert api.get("/api/v1/tickets/").status_code == 200


def test_a_weak_password_is_refused_and_the_link_stays_good(acme, mara, queue):
    path, browser = link(queue, acme), at()
    page = set_password(path, "passwordpassword", browser)
    assert page.status_code == 200
    assert "data breaches" in page.content.decode()
    assert set_password(path, browser=browser)["Location"] == "/sign-in/?password=set"


def test_a_mailbox_is_not_filled_and_the_answer_stays_the_same(acme, mara, queue):
    assert [ask(EMAIL, at(network=f"198.51.100.{number}")).status_code for number in range(6)] == [302] * 6
    assert len(deliver(queue, acme)) == 3


def test_a_network_may_not_ask_for_ever(acme, mara, queue):
    answers = [ask(f"person{number}@acme.example") for number in range(21)]
    assert [one.status_code for one in answers] == [302] * 20 + [429]
    assert int(answers[-1]["Retry-After"]) <= 60
    assert "Too many attempts" in answers[-1].content.decode()
    assert ask(EMAIL, at(network="198.51.100.9")).status_code == 302


def test_who_set_a_password_by_mail_is_let_in_while_others_guess(acme, mara, queue):
    for number in range(40):
        at(network=f"198.51.100.{number}").post("/sign-in/", {"username": EMAIL, "password": "wrong"})
    browser = at()
    assert browser.post("/sign-in/", {"username": EMAIL, "password": OLD}).status_code == 429
    set_password(link(queue, acme), browser=browser)
    assert browser.post("/sign-in/", {"username": EMAIL, "password": NEW}).status_code == 302


def test_the_mail_speaks_the_persons_language_not_the_askers(acme, mara, queue):
    with bind_company(acme.binding()):
        User.objects.filter(email=EMAIL).update(language="ko")
    ask(EMAIL, headers={"accept-language": "de"})
    (sent,) = deliver(queue, acme)
    assert sent.subject == "새 비밀번호 설정"
    assert "회사: Acme Audio" in sent.body


def test_what_was_asked_and_done_is_in_the_audit_log(acme, mara, queue):
    set_password(link(queue, acme))
    with bind_company(acme.binding()):
        events = list(AuditEvent.objects.values_list("event", "facts"))
    assert events == [("password_reset_asked", {}), ("password_changed", {"mode": "link"})]


WITHOUT_A_QUEUE = """
import django; django.setup()
import time
from django.test import Client
began = time.monotonic()
answer = Client(headers={"host": "queueless.localhost"}).post("/forgot-password/", {"email": "nobody@acme.example"})
print(answer.status_code, answer["Retry-After"], time.monotonic() - began < 15)
"""


def test_without_a_queue_the_page_says_later(superuser_url, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), companies(superuser_url, "queueless"):
        away = os.environ | {"BROKER_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        done = subprocess.run([sys.executable, "-c", WITHOUT_A_QUEUE], env=away, capture_output=True, text=True)
    assert done.stdout.split() == ["503", "5", "True"], done.stderr


def test_without_a_mail_server_the_page_says_so(acme, mara, queue, settings):
    from config.mail import mail_at

    settings.MAIL = mail_at("")
    assert "No mail is sent from here" in at().get("/forgot-password/").content.decode()
    assert ask(EMAIL).status_code == 200
    assert messages(queue) == []


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x@acme.example\r\nBcc: y@evil.example", "x" * 300 + "@acme.example"]
)
def test_what_is_no_address_is_refused(acme, mara, queue, email):
    assert ask(email).status_code == 400
    assert messages(queue) == []


def test_a_mail_server_that_is_away_is_tried_again(acme, mara):
    assert OSError in tasks.mail_reset.autoretry_for
    assert tasks.mail_reset.max_retries >= 5
    assert tasks.mail_reset.acks_late
    from smtplib import SMTPServerDisconnected

    assert issubclass(SMTPServerDisconnected, OSError)


def test_the_admin_has_no_page_of_its_own_for_that(acme, client_of):
    assert client_of(acme, "admin").get("/admin/password_change/")["Location"] == "/password/"
    assert client_of(acme, "agent").get("/admin/password_change/").status_code == 302


def change(browser: Client, old: str, new: str = NEW, again: str = ""):
    return browser.post("/password/", {"old_password": old, "new_password1": new, "new_password2": again or new})


def test_changing_ones_own_password_ends_every_other_session(acme, mara, queue, client_of):
    here, elsewhere = client_of(acme), client_of(acme)
    assert 'href="/password/"' in here.get("/account/second-factor/").content.decode()
    answer = change(here, OLD)
    assert answer["Location"] == "/password/?changed=1"
    assert "Your password is changed" in here.get(answer["Location"]).content.decode()
    assert elsewhere.get("/").status_code == 302
    (told,) = deliver(queue, acme)
    assert told.subject == "Your password was changed"
    with bind_company(acme.binding()):
        assert User.objects.get(email=EMAIL).check_password(NEW)
        assert AuditEvent.objects.filter(event="password_changed", facts={"mode": "page"}).count() == 1


@pytest.mark.parametrize(
    ("old", "new", "again", "word"),
    [
        ("wrong", NEW, "", "old_password-hint"),
        (OLD, "short", "", "12"),
        (OLD, NEW, NEW + "x", "match"),
        (OLD, "", "", "required"),
    ],
)
def test_a_change_that_is_not_right_changes_nothing(acme, mara, queue, client_of, old, new, again, word):
    browser = client_of(acme)
    page = change(browser, old, new, again)
    assert page.status_code == 400
    assert word in page.content.decode()
    assert browser.get("/").status_code == 200
    assert messages(queue) == []
    with bind_company(acme.binding()):
        assert User.objects.get(email=EMAIL).check_password(OLD)


def test_a_stolen_session_may_not_guess_the_old_password(acme, mara, queue, client_of):
    browser = client_of(acme)
    assert [change(browser, f"guess {number}").status_code for number in range(7)] == [400] * 5 + [429] * 2
    assert change(browser, OLD).status_code == 429


def test_the_address_of_a_mail_server_is_read_or_refused():
    from config.mail import mail_at

    found = mail_at("smtp://me%40x:p%2Fw@mail.example:2525")
    assert (found.host, found.port, found.user, found.password) == ("mail.example", 2525, "me@x", "p/w")
    assert (found.starttls, found.tls, mail_at("smtps://m").tls, mail_at("smtps://m").port) == (True, False, True, 465)
    assert mail_at("file:///tmp/a%20b").folder == "/tmp/a b"
    assert not mail_at("").sends
    for wrong in ("mail.example", "http://mail.example", "smtp://", "file://relative/x", "smtp:///x"):
        with pytest.raises(ValueError, match="use smtp") as caught:
            mail_at(wrong)
        assert "mail.example" not in str(caught.value)
    with pytest.raises(ValueError, match="EMAIL_URL|email_url") as caught:
        __import__("config.env").env.Env(email_url="http://me:secret-word@x")
    assert "secret-word" not in str(caught.value)
