"""The bare host helps people find their company, and tells nobody else who is where."""

from __future__ import annotations

from base64 import b64decode, b64encode

import orjson
import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from redis import Redis

from apps.accounts import finding, tasks
from apps.accounts.models import User
from apps.core.errors import BadInput, SealBroken
from apps.tenancy.context import bind_company
from apps.tenancy.models import Company

QUEUE = "deskhand:interactive"
EMAIL = "mara@both.example"


@pytest.fixture
def queue():
    with Redis.from_url(django_settings.BROKER_URL) as client:
        client.delete(QUEUE)
        yield client
        client.delete(QUEUE)


@pytest.fixture
def mara(acme, globex, make_user):
    """The same address at two companies."""
    return [make_user(company, email=EMAIL) for company in (globex, acme)]


def at(network: str = "192.0.2.1") -> Client:
    return Client(REMOTE_ADDR=network, headers={"host": "localhost"})


def ask(email: str, network: str = "192.0.2.1", **more):
    return at(network).post("/", {"email": email}, **more)


def deliver(queue) -> list[mail.EmailMessage]:
    """What a worker does with everything in the queue."""
    mail.outbox.clear()
    for raw in queue.lrange(QUEUE, 0, -1):
        message = orjson.loads(raw)
        assert message["headers"]["task"] == "accounts.mail_companies"
        tasks.mail_companies.run(*orjson.loads(b64decode(message["body"]))[0])
    queue.delete(QUEUE)
    return list(mail.outbox)


def test_the_mail_lists_the_companies_of_an_address_with_their_own_links(mara, queue):
    answer = ask(EMAIL.upper())
    assert answer["Location"] == "/?sent=1"
    assert "the mail is on its way" in at().get("/?sent=1").content.decode()
    (sent,) = deliver(queue)
    assert sent.to == [EMAIL]
    lines = [line for line in sent.body.splitlines() if line]
    assert lines[1:5] == [
        "Acme Audio", "http://acme.localhost:8000/sign-in/", "Globex Pay", "http://globex.localhost:8000/sign-in/",
    ]  # fmt: skip


def test_the_answer_never_tells_whether_an_address_is_known_and_the_queue_neither(mara, queue):
    seen, lengths, sent = [], [], []
    for email in (EMAIL, "none@both.example"):
        answer = ask(email)
        seen.append((answer.status_code, answer["Location"], sorted(answer.headers)))
        (raw,) = queue.lrange(QUEUE, 0, -1)
        lengths.append(len(orjson.loads(raw)["body"]))
        body = raw + b64decode(orjson.loads(raw)["body"])
        assert email.encode() not in body
        assert b64encode(email.encode())[:12] not in body
        sent.append(len(deliver(queue)))
    assert seen[0] == seen[1]
    assert lengths[0] == lengths[1]
    assert sent == [1, 0]


def test_only_people_and_companies_that_are_active_are_listed(mara, queue, acme):
    with bind_company(acme.binding()):
        User.objects.filter(email=EMAIL).update(is_active=False)
    assert [one.company_id for one in finding.companies_of(EMAIL)] == ["globex"]
    with bind_company(acme.binding()):
        User.objects.filter(email=EMAIL).update(is_active=True)
    assert [one.company_id for one in finding.companies_of(EMAIL)] == ["acme", "globex"]
    assert {one.status for one in Company.objects.filter(company_id__in=["acme", "globex"])} == {"active"}


def test_an_erased_person_is_found_no_more(mara, acme):
    with bind_company(acme.binding()):
        User.objects.filter(email=EMAIL).delete()
    assert [one.company_id for one in finding.companies_of(EMAIL)] == ["globex"]


def test_a_mailbox_is_not_filled(mara, queue):
    assert [ask(EMAIL, f"198.51.100.{number}").status_code for number in range(6)] == [302] * 6
    assert len(deliver(queue)) == 3


def test_a_network_may_not_ask_for_ever(acme, queue):
    answers = [ask(f"person{number}@both.example") for number in range(21)]
    assert [one.status_code for one in answers] == [302] * 20 + [429]
    assert "Too many attempts" in answers[-1].content.decode()
    assert answers[-1]["Retry-After"]
    assert at().post("/", {"company": "acme"}).status_code == 429
    assert at("198.51.100.7").post("/", {"company": "acme"}).status_code == 302


@pytest.mark.parametrize(
    "given", ["acme", " ACME ", "acme.freshdesk.com", "https://acme.freshdesk.com/a/tickets/1", "acme.localhost:8000/x"]
)
def test_a_short_name_or_a_helpdesk_leads_to_the_company_without_a_look(given, acme):
    assert at().post("/", {"company": given})["Location"] == "http://acme.localhost:8000/"
    other = given.lower().replace("acme", "nobody-here")
    assert at().post("/", {"company": other})["Location"] == "http://nobody-here.localhost:8000/"


@pytest.mark.parametrize("given", ["", "a", "www", "Acme Audio", "//evil.example", "acme@evil.example", "https://[x", "-a-"])
def test_what_is_no_name_leads_nowhere(given, acme):
    assert at().post("/", {"company": given}).status_code == 400


@pytest.mark.parametrize("email", ["", "mara", "x@y.example\nBcc: z@evil.example"])
def test_what_is_no_address_is_refused(email, acme, queue):
    assert ask(email).status_code == 400
    assert queue.llen(QUEUE) == 0


def test_only_what_we_sealed_is_opened(settings):
    sealed = finding.ask_companies(address=EMAIL)
    assert finding.opened(sealed) == EMAIL
    for wrong in (sealed[:-4] + "AAA=", "", "x", b64encode(b"y" * 60).decode()):
        with pytest.raises(SealBroken):
            finding.opened(wrong)
        tasks.mail_companies.run(wrong)  # dropped, not tried again
    settings.SECRET_KEY = "another key, as long as a key has to be here"
    with pytest.raises(SealBroken):
        finding.opened(sealed)


def test_the_mail_speaks_the_persons_language(mara, queue, acme):
    with bind_company(acme.binding()):
        User.objects.filter(email=EMAIL).update(language="de")
    ask(EMAIL, headers={"accept-language": "ko"})
    (sent,) = deliver(queue)
    assert sent.subject == "Ihre Unternehmen"


def test_names_are_checked_before_anything_is_made_of_them():
    with pytest.raises(BadInput):
        finding.short_name("operator.evil.example/")


def test_without_a_mail_server_only_the_name_is_asked(acme, settings):
    from config.mail import mail_at

    settings.MAIL = mail_at("")
    assert 'name="email"' not in at().get("/").content.decode()
    assert ask(EMAIL).status_code == 400
