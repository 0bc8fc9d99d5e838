"""AUT-4: how long a refusal takes does not tell whether somebody is here (decisions 30: pairs and a bootstrap interval)."""

from __future__ import annotations

import random
import statistics
import time

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.tenancy.context import bind_company
from tests.limits import forget_limits

pytestmark = pytest.mark.alone  # measures how long refusals take
PAIRS, DRAWS = 200, 2_000
APART = 0.10  # a difference the interval must exclude
HERE = {"wrong": "mara@acme.example", "without": "invited@acme.example", "off": "left@acme.example"}


@pytest.fixture
def people(acme, settings, make_user):
    """Three who are refused, with passwords as production stores them."""
    settings.PASSWORD_HASHERS = ["apps.accounts.passwords.Argon2id"]
    for email in HERE.values():
        make_user(acme, email=email)
    with bind_company(acme.binding()):
        User.objects.filter(email=HERE["off"]).update(is_active=False)
        invited = User.objects.get(email=HERE["without"])
        invited.set_unusable_password()
        invited.save()
    return HERE


def seconds(browser: Client, email: str) -> float:
    forget_limits()
    began = time.perf_counter()
    answer = browser.post("/sign-in/", {"username": email, "password": "not the password"})
    took = time.perf_counter() - began
    assert answer.status_code == 200
    return took


def interval(ratios: list[float], draws: int, rng: random.Random) -> tuple[float, float]:
    """The 95 % bootstrap interval of the median ratio."""
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(draws))
    return medians[draws // 40], medians[-draws // 40]


def ratios(browser: Client, emails: dict[str, str], pairs: int, rng: random.Random) -> dict[str, list[float]]:
    """Time of each kind of refusal over that of an unknown address, asked right after one another in changing order."""
    found: dict[str, list[float]] = {kind: [] for kind in emails}
    for count in range(pairs):
        asked = {**emails, "unknown": f"nobody{count}@acme.example"}
        order = rng.sample(sorted(asked), len(asked))
        took = {kind: seconds(browser, asked[kind]) for kind in order}
        for kind in emails:
            found[kind].append(took[kind] / took["unknown"])
    return found


def judge(found: dict[str, list[float]], rng: random.Random) -> dict[str, tuple[float, float]]:
    return {kind: interval(each, DRAWS, rng) for kind, each in found.items()}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("wrong", marks=pytest.mark.verify),
        *(pytest.param(one, marks=pytest.mark.soak) for one in ("without", "off")),
    ],
)
def test_an_unknown_address_takes_as_long_as_a_known_one(kind, people):
    """A wrong password in the tier before a merge; people without a password, and those switched off, by hand."""
    rng = random.Random(20)
    browser = Client(headers={"host": "acme.localhost"})
    seconds(browser, "first@acme.example")  # what is loaded once is not counted
    found = judge(ratios(browser, {kind: people[kind]}, PAIRS, rng), rng)
    print({kind: (round(low, 3), round(high, 3)) for kind, (low, high) in found.items()})
    assert all(low > 1 - APART and high < 1 + APART for low, high in found.values()), found


def test_the_measure_sees_a_refusal_that_does_not_hash(acme, settings, make_user, monkeypatch):
    """A short form that can fail: the same measure, with the unknown address answered early."""
    settings.PASSWORD_HASHERS = ["apps.accounts.passwords.Argon2id"]
    make_user(acme, email=HERE["wrong"])
    monkeypatch.setattr(User, "set_password", lambda self, raw: None)
    rng = random.Random(20)
    browser = Client(headers={"host": "acme.localhost"})
    low, _high = judge(ratios(browser, {"wrong": HERE["wrong"]}, 8, rng), rng)["wrong"]
    assert low > 1 + APART
