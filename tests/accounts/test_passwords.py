"""AUT-2: what is taken as a password and what is not, without asking anybody on the network."""

from __future__ import annotations

import unicodedata

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import override_settings

from apps.accounts.models import User

REAL = {"PASSWORD_HASHERS": ["apps.accounts.passwords.Argon2id"]}


def refusal(password: str, user: User | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        validate_password(password, user)
    return caught.value.error_list[0].code


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour 9", "twelve signs", "a" * 4 + "quite long indeed", "긴 비밀번호는 기억하기 쉽다", "ünïcödé täßten hier",
        "correct horse battery", "x7Kp 2mQz Lw9f", "é" * 2 + "tincelle bleue du matin " * 4, "🦊 jumps over 12 lazy 🐕",
    ],
)  # fmt: skip
def test_long_ones_of_any_signs_are_taken(in_acme, password):
    validate_password(password, User(email="mara@acme.example", name="Mara Lind"))


@pytest.mark.parametrize("length", [12, 64, 128])
def test_from_12_to_128_characters_are_taken(in_acme, length):
    validate_password(("violet harbour, nine grey gulls above it; " * 4)[:length])


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("eleven sign", "password_too_short"),
        ("violet harbour nine " * 7, "password_too_long"),
        ("passwordpassword", "password_breached"),
        ("Password1234", "password_breached"),
        ("ILOVEYOU1234", "password_breached"),
        ("trustno1trustno1", "password_breached"),
        ("xkxkxkxkxkxkxk", "password_guessable"),
        ("q9!q9!q9!q9!q9!", "password_guessable"),
        ("abcdefgh-ijklmnop", "password_guessable"),
        ("poiuytrewqlkjhgf", "password_guessable"),
        ("deskhand-demo", "password_context"),
        ("Acme Audio 2026", "password_context"),
        ("ACME_acme_2026!", "password_context"),
        ("mara.lind@acme.test", "password_too_similar"),
    ],
)
def test_what_others_would_try_first_is_refused(in_acme, password, code):
    assert refusal(password, User(email="mara.lind@acme.test", name="Mara Lind")) == code


def test_another_companys_name_is_no_reason(in_acme):
    validate_password("globex pay 2026")


def test_a_decomposed_letter_is_the_same_password(in_acme):
    typed = "caf\u00e9 au lait, bien chaud"
    user = User.objects.make(
        email="rene@acme.example", name="René", role="agent", password=unicodedata.normalize("NFD", typed)
    )
    assert user.check_password(typed)
    assert authenticate(username="rene@acme.example", password=typed) == user
    assert refusal(unicodedata.normalize("NFD", "é" * 11)) == "password_too_short"  # 11 letters however written


def test_a_very_long_password_is_never_hashed(in_acme, monkeypatch):
    User.objects.make(email="rene@acme.example", name="R", role="agent", password="violet harbour nine")
    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.MD5PasswordHasher.encode",
        lambda self, password, salt: hashed.append(len(password)) or "md5$x$y",
    )
    for email in ("rene@acme.example", "nobody@acme.example"):
        assert authenticate(username=email, password="x" * 1_000_000) is None
    assert hashed and max(hashed) <= 128


@override_settings(**REAL)
def test_what_is_stored_is_argon2id_of_the_chosen_strength():
    assert make_password("violet harbour nine").startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")


@override_settings(**REAL)
def test_an_older_hash_is_renewed_when_its_owner_signs_in(in_acme):
    old = "argon2$" + __import__("argon2").PasswordHasher(2, 102_400, 8).hash("violet harbour nine").lstrip("$")
    user = User.objects.make(email="rene@acme.example", name="R", role="agent")
    User.objects.filter(pk=user.pk).update(password=old)
    assert authenticate(username="rene@acme.example", password="violet harbour nine") == user
    assert "m=65536,t=3,p=4" in User.objects.get(pk=user.pk).password


def test_the_command_refuses_what_the_form_refuses(in_acme):
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="data breaches"):
        call_command("create_user", "acme", "new@acme.example", password="passwordpassword")
    with pytest.raises(CommandError, match="too similar"):
        call_command("create_user", "acme", "violet.harbour@acme.example", password="violet.harbour")
