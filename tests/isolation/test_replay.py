"""ISO-8: what company A was given is refused at B, for three companies, every kind and every pair, word for word alike."""

from __future__ import annotations

import ast
from copy import deepcopy
from itertools import permutations
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from apps.accounts import throttle
from apps.accounts.models import ApiToken, User
from apps.accounts.resets import reset_tokens
from apps.core.models import AuditEvent
from apps.tenancy.alarms import REFUSED
from apps.tenancy.context import Binding, bind_company
from apps.tenancy.names import schema_of
from tests.isolation.conftest import NAMES
from tests.mirror import make_connection

PAIRS = list(permutations(NAMES, 2))
ROOT = Path(__file__).resolve().parents[2]
SAME = {"x-request-id": "0123456789abcdef", "accept-language": "en"}
LIST = "/api/v1/tickets/"
GARBAGE = "dsk_api_{}_" + "0" * 43


@pytest.fixture
def given(standing, db, client_of, token_of):
    """What each company gave its agent: a session, a token, a page's cursor."""
    from django.db import transaction

    from apps.ingest.sql import upsert_tickets
    from benchmarks.company import ticket_rows

    found = {}
    for company in standing:
        with bind_company(company.binding()):
            account = make_connection().pk
            with transaction.atomic():
                upsert_tickets(ticket_rows(account, 5))
        token, browser = token_of(company), client_of(company)
        page = ask(company.company_id, f"{LIST}?limit=2", token).json()
        found[company.company_id] = {"token": token, "browser": browser, "cursor": page["next"], "page": page["results"]}
    return found


def ask(host: str, path: str, token: str = "", **headers: str):
    own = {"authorization": f"Bearer {token}"} if token else {}
    return Client(headers={"host": f"{host}.localhost"} | SAME | own | headers).get(path)


def with_cookies(browser: Client, host: str, path: str):
    other = Client(headers={"host": f"{host}.localhost"} | SAME)
    other.cookies = deepcopy(browser.cookies)  # a refusal empties the jar
    return other.get(path)


def broken(token: str) -> str:
    """The same company, another secret, a right checksum."""
    from apps.tenancy.credentials import new_token, token_company

    return new_token("api", token_company(token))


def alike(answers) -> tuple[int, bytes]:
    """Status and body that all of them share."""
    found = {(answer.status_code, answer.content) for answer in answers}
    assert len(found) == 1, [body[:300] for _, body in found]
    return found.pop()


def test_what_each_was_given_works_at_home(given):
    for name, own in given.items():
        assert ask(name, f"{LIST}?limit=2&cursor={own['cursor']}", own["token"]).status_code == 200
        assert with_cookies(own["browser"], name, LIST).status_code == 200


def test_a_token_is_refused_elsewhere_like_one_nobody_was_given(given):
    foreign = [ask(at, LIST, given[of]["token"]) for of, at in PAIRS]
    invalid = [ask(name, LIST, broken(own["token"])) for name, own in given.items()]
    malformed = [ask(name, LIST, GARBAGE.format(name)) for name in given]
    status, body = alike([*foreign, *invalid, *malformed])
    assert status == 401
    assert not any(name.encode() in body for name in NAMES)


def test_a_token_is_refused_at_the_shared_host_for_another_company(given):
    answers = [ask("api", LIST, given[of]["token"], **{"x-company-id": at}) for of, at in PAIRS]
    assert alike(answers)[0] == 403
    assert ask("api", LIST, given["north"]["token"], **{"x-company-id": "north"}).status_code == 200
    assert ask("api", LIST, broken(given["north"]["token"]), **{"x-company-id": "north"}).status_code == 401


def test_a_header_never_chooses_the_company(given):
    answers = [ask(of, LIST, given[of]["token"], **{"x-company-id": at}) for of, at in PAIRS]
    assert alike(answers)[0] == 403
    assert alike([ask(of, LIST, **{"x-company-id": at}) for of, at in PAIRS])[0] == 401


@pytest.mark.parametrize("path", ["/", "/admin/", "/sign-in/", LIST])
def test_a_session_is_refused_elsewhere(given, path):
    status, body = alike(with_cookies(given[of]["browser"], at, path) for of, at in PAIRS)
    assert status == 401
    assert not any(name.encode() in body for name in NAMES)


def test_a_session_renamed_for_another_company_is_nobody_there(given):
    """The cookie's company is in clear, its key is not in the other company's schema."""
    for of, at in PAIRS:
        browser = Client(headers={"host": f"{at}.localhost"} | SAME)
        key = given[of]["browser"].cookies["session"].value.split(".")[1]
        browser.cookies["session"] = f"{at}.{key}"
        assert browser.get("/").status_code == 302
        assert browser.get(LIST).content == ask(at, LIST).content
    status, _ = alike(ask(at, LIST) for at in NAMES)
    assert status == 401


def test_a_cursor_is_refused_elsewhere_like_one_we_never_made(given):
    foreign = [ask(at, f"{LIST}?cursor={given[of]['cursor']}", given[at]["token"]) for of, at in PAIRS]
    unknown = [ask(name, f"{LIST}?cursor=bm90IG9uZSBvZiBvdXJz", own["token"]) for name, own in given.items()]
    assert alike([*foreign, *unknown])[0] == 400


def test_a_cursor_that_was_changed_is_refused(given):
    own = given["north"]
    for place in (0, 20, len(own["cursor"]) - 2):
        letter = "A" if own["cursor"][place] != "A" else "B"
        changed = own["cursor"][:place] + letter + own["cursor"][place + 1 :]
        assert ask("north", f"{LIST}?cursor={changed}", own["token"]).status_code == 400


def test_messages_for_a_page_stay_in_the_session(given, settings):
    """Django's message cookie is signed for the installation, not for a company (E9)."""
    assert settings.MESSAGE_STORAGE.endswith("session.SessionStorage")
    assert settings.SESSION_ENGINE == "apps.accounts.session_store"


def test_an_envelope_of_a_task_names_its_company_and_cannot_be_turned(given):
    from apps.tenancy.tasks import TaskForgery, open_envelope, sign_envelope

    envelopes = {}
    for company in NAMES:
        from apps.tenancy.registry import company_named

        with bind_company(company_named(company).binding(principal="user:1")):
            envelopes[company] = sign_envelope("ingest.sync_stream")
    for of, at in PAIRS:
        assert open_envelope("ingest.sync_stream", envelopes[of])["company_id"] == of
        head, _, seal = envelopes[of].rpartition(":")
        other = envelopes[at].rpartition(":")[0]
        for forged in (f"{other}:{seal}", f"{head}:{seal[::-1]}"):
            with pytest.raises(TaskForgery):
                open_envelope("ingest.sync_stream", forged)
        with pytest.raises(TaskForgery):
            open_envelope("ingest.read_owed", envelopes[of])


def test_each_refusal_is_counted_and_written_down_where_it_was_tried(given):
    before = REFUSED.labels("unauthorized")._value.get()
    ask("south", LIST, given["north"]["token"])
    assert REFUSED.labels("unauthorized")._value.get() == before + 1
    from apps.tenancy.registry import company_named

    with bind_company(company_named("south").binding()):
        assert AuditEvent.objects.filter(event="tenant_mismatch").count() == 1
    with bind_company(company_named("north").binding()):
        assert AuditEvent.objects.filter(event="tenant_mismatch").count() == 0
        assert User.objects.count() and ApiToken.objects.count()


def test_a_refusal_speaks_the_language_asked_for_not_that_of_the_request_before(given):
    """The thread still has the language of whoever was served last."""
    from django.utils import translation

    for spoken in ("ja", "de", "en"):
        translation.activate("ko")
        answer = ask("south", LIST, given["north"]["token"], **{"accept-language": spoken})
        with translation.override(spoken):
            assert answer.json()["title"] == translation.gettext("Sign in again")
    translation.deactivate()


@pytest.mark.parametrize(("of", "at"), PAIRS)
def test_a_browser_known_to_one_company_is_a_stranger_at_another(standing, of, at):
    address, request = "mara@both.example", HttpRequest()
    with bind_company(Binding(schema_of(of), of, "local")):
        answer = HttpResponse()
        throttle.remember_browser(answer, address)
        (name,) = answer.cookies
        value = answer.cookies[name].value
        request.COOKIES[name] = value
        assert throttle.known_browser(request, address)
    with bind_company(Binding(schema_of(at), at, "local")):
        assert not throttle.known_browser(request, address)
        request.COOKIES[throttle._cookie(address)] = value  # under the name it would have here
        assert not throttle.known_browser(request, address)


@pytest.mark.parametrize(("of", "at"), PAIRS)
def test_a_link_to_set_a_password_opens_none_elsewhere_even_for_the_same_person(standing, of, at):
    person = User(email="mara@both.example", name="Mara", password="the same hash")  # the row itself, copied whole
    with bind_company(Binding(schema_of(of), of, "local")):
        token = reset_tokens.make_token(person)
        assert reset_tokens.check_token(person, token)
    with bind_company(Binding(schema_of(at), at, "local")):
        assert not reset_tokens.check_token(person, token)


SIGNED = {
    "apps/accounts/resets.py": {"PasswordResetTokenGenerator", "make_token"},
    "apps/accounts/verifying.py": {"PasswordResetTokenGenerator", "make_token"},  # replayed in tests/accounts/test_verifying.py
    "apps/tenancy/tasks.py": {"dumps", "loads"},
    "apps/tenancy/queues.py": {"loads"},  # for whom a waiting message is: nothing is run
    "apps/console/support.py": {"dumps", "loads"},  # replayed in tests/console/test_support.py
    "apps/accounts/models.py": {"salted_hmac"},  # the seal of every session: its key is in one company's table
    "apps/accounts/steps.py": {"salted_hmac"},  # replayed in tests/accounts/test_second_step.py
    "apps/core/api.py": {"salted_hmac"},
    "apps/assistant/feedback.py": {"salted_hmac"},  # replayed in tests/assistant/test_feedback.py
    "apps/accounts/throttle.py": {"TimestampSigner", "salted_hmac"},
    "apps/tenancy/limits.py": {"salted_hmac"},  # names of counters: nobody is given one
}
WORDS = {"Signer", "TimestampSigner", "salted_hmac", "get_signed_cookie", "set_signed_cookie", "make_token", "PasswordResetTokenGenerator"}  # fmt: skip


def test_whatever_we_sign_stands_in_the_matrix_above():
    """Signed links, cookies and tokens of a new kind fail here until a line above replays them."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            of = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""
            if word in WORDS or (of == "signing" and word in ("dumps", "loads")):
                found.setdefault(str(file.relative_to(ROOT)), set()).add(word)
    assert found == SIGNED
