"""AUT-3: an authenticator and recovery codes. Each code works once, for one person of one company."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import orjson
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from apps.accounts import factors
from apps.accounts.factors import CodeRefused
from apps.accounts.models import RecoveryCode, SecondFactor, User
from apps.core import rotation
from apps.core.errors import BadInput
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from tests.accounts.authenticators import App, set_up
from tests.isolation.companies import companies


@pytest.fixture
def lena(in_acme, make_user) -> User:
    return make_user(in_acme, "lead")


@pytest.fixture
def app(in_acme, lena):
    return set_up(in_acme, lena)


def opens(person: User, code: str) -> bool:
    try:
        factors.use_code(person, code)
    except CodeRefused:
        return False
    return True


def facts(event: str) -> list[dict]:
    return list(AuditEvent.objects.filter(event=event).values_list("facts", flat=True))


def test_nothing_is_asked_for_until_the_first_code_was_right(in_acme, lena):
    waiting = factors.start(lena)
    assert not factors.has_factor(lena)
    for code in ("", "000000", "abcdef", "123456789"):
        with pytest.raises(CodeRefused):
            factors.confirm(lena, waiting.pk, code)
    assert not factors.has_factor(lena)
    assert facts("mfa_enabled") == []


def test_a_secret_that_was_shown_long_ago_is_confirmed_no_more(in_acme, lena):
    now = time.time()
    with time_machine.travel(now, tick=False):
        waiting = factors.start(lena)
        app_secret = factors.secret_of(waiting)
    with time_machine.travel(now + 1801, tick=False), pytest.raises(CodeRefused):
        factors.confirm(lena, waiting.pk, App(app_secret, []).code())


def test_no_table_holds_secret_or_recovery_codes_in_clear(in_acme, lena, app):
    clear = [app.secret, *app.recovery, *(code.replace("-", "") for code in app.recovery)]
    with connection.cursor() as cursor:
        for table in ("accounts_secondfactor", "accounts_recoverycode", "accounts_user", "core_auditevent"):
            for text in clear:
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{text}%"])  # noqa: S608
                assert cursor.fetchone() == (0,), table


def test_the_secret_is_sealed_anew_when_keys_change_and_works_on(in_acme, lena, app):
    before = SecondFactor.objects.get().secret
    assert rotation.renew("acme", older_than=timedelta(0))
    assert rotation.reseal("acme").done == 1
    assert SecondFactor.objects.get().secret != before
    assert opens(lena, app.code())


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(lena, app, steps, good):
    with time_machine.travel(time.time(), tick=False):
        assert opens(lena, app.code(steps)) is good


def test_a_code_works_once_and_none_before_it_works_after(lena, app):
    with time_machine.travel(time.time(), tick=False):
        assert opens(lena, app.code())
        assert not opens(lena, app.code())
        assert not opens(lena, app.code(-1))
        assert opens(lena, app.code(1))
        assert not opens(lena, app.code(1))


def test_the_code_that_confirmed_opens_nothing(in_acme, lena):
    with time_machine.travel(time.time(), tick=False):
        waiting = factors.start(lena)
        shown = App(factors.secret_of(waiting), []).code()
        factors.confirm(lena, waiting.pk, shown)
        assert not opens(lena, shown)


def test_codes_are_read_as_people_write_them(lena, app):
    with time_machine.travel(time.time(), tick=False):
        shown = app.code()
        assert opens(lena, f" {shown[:3]} {shown[3:]}\n")
        wide = "".join(chr(ord(sign) - ord("0") + ord("０")) for sign in app.code(1))
        assert opens(lena, wide)
    assert opens(lena, app.recovery[0].lower().replace("-", " "))


def test_a_recovery_code_works_once(lena, app):
    assert len(set(app.recovery)) == 10
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in app.recovery)
    assert opens(lena, app.recovery[3])
    assert not opens(lena, app.recovery[3])
    assert factors.codes_left(lena) == 9
    assert facts("recovery_code_used") == [{"count": 9}]


def test_new_recovery_codes_end_the_old_ones(lena, app):
    fresh = factors.renew_codes(lena)
    assert not opens(lena, app.recovery[0])
    assert opens(lena, fresh[0])
    assert len(facts("recovery_codes_made")) == 1


def test_recovery_codes_come_with_a_second_factor_only(lena):
    with pytest.raises(BadInput):
        factors.renew_codes(lena)


def test_codes_of_a_colleague_open_nothing(in_acme, lena, app, make_user):
    mara = make_user(in_acme, "agent")
    theirs = set_up(in_acme, mara)
    for code in (theirs.code(), theirs.recovery[0]):
        assert not opens(lena, code)
    # A colleague's row under one's own name is not one's own code.
    RecoveryCode.objects.filter(user=mara).update(user=lena)
    assert not opens(lena, theirs.recovery[1])


def test_the_same_person_of_another_company_has_codes_of_their_own(acme, globex, make_user):
    mara, twin = make_user(acme, email="mara@both.example"), make_user(globex, email="mara@both.example")
    theirs = set_up(acme, mara)
    set_up(globex, twin)
    with bind_company(globex.binding()):
        assert not opens(twin, theirs.code())
        assert not opens(twin, theirs.recovery[0])
        assert not opens(mara, theirs.recovery[0])


def test_another_app_takes_the_place_of_the_first(in_acme, lena, app):
    waiting = factors.start(lena)
    assert opens(lena, app.code())  # until the new one is confirmed
    new = App(factors.secret_of(waiting), [])
    recovery = factors.confirm(lena, waiting.pk, new.code())
    assert not opens(lena, app.code(1))
    assert not opens(lena, app.recovery[0])
    assert opens(lena, recovery[0])
    assert SecondFactor.objects.confirmed().count() == 1
    assert facts("mfa_enabled") == [{"change": "first"}, {"change": "replaced"}]


def test_the_database_allows_one_second_factor(lena, app):
    kept = SecondFactor.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondFactor.objects.create(user=lena, secret=kept.secret, confirmed_at=kept.confirmed_at)


def test_every_change_ends_sessions(in_acme, lena):
    seals = [lena.get_session_auth_hash()]
    app = set_up(in_acme, lena)
    seals.append(User.objects.get(pk=lena.pk).get_session_auth_hash())
    factors.turn_off(lena)
    seals.append(User.objects.get(pk=lena.pk).get_session_auth_hash())
    assert len(set(seals)) == 3
    assert not opens(lena, app.code())
    assert not opens(lena, app.recovery[0])
    assert len(facts("mfa_disabled")) == 1


def test_the_command_takes_it_away_and_says_so(in_acme, lena, app, capsys, settings):
    settings.MFA_REQUIRED = frozenset({"lead"})
    call_command("reset_mfa", "acme", " LEAD@acme.example ", "--json")
    assert orjson.loads(capsys.readouterr().out) == {"email": "lead@acme.example", "reset": True, "required": True}
    assert not factors.has_factor(lena)
    assert RecoveryCode.objects.count() == 0
    assert len(facts("mfa_reset")) == 1
    call_command("reset_mfa", "acme", "lead@acme.example")
    assert "reset: False" in capsys.readouterr().out
    assert len(facts("mfa_reset")) == 1
    with pytest.raises(CommandError, match="user_unknown"):
        call_command("reset_mfa", "acme", "nobody@acme.example")


@pytest.fixture(scope="module")
def twice(superuser_url, django_db_setup, django_db_blocker):
    """A company whose rows are there for every thread."""
    with django_db_blocker.unblock(), companies(superuser_url, "twice") as (company,):
        with bind_company(company.binding()):
            person = User.objects.make(email="mara@twice.example", name="Mara", role="agent")
        yield company, person, set_up(company, person)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_who_come_at_once_with_one_code_one_gets_in(twice, django_db_blocker, kind, monkeypatch):
    company, person, app = twice
    together, read = Barrier(4), factors._step_of
    code = app.code() if kind == "app" else app.recovery[0]

    def read_together(factor: SecondFactor, code: str) -> int | None:
        step = read(factor, code)
        together.wait(10)  # all of them have seen an unused code before one uses it
        return step

    monkeypatch.setattr(factors, "_step_of", read_together)

    def come(_number: int) -> bool:
        try:
            with bind_company(company.binding()):
                if kind == "recovery":
                    factors.has_factor(person)  # the connection is there before the race begins
                    together.wait(10)
                return opens(person, code)
        finally:
            connections.close_all()

    with django_db_blocker.unblock(), ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, range(4))) == [False, False, False, True]
