"""Who a name and a password belong to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.passwords import MOST, normalise
from apps.accounts.throttle import give_back_try, take_try


class PasswordBackend(ModelBackend):
    """Django's, which hashes for an unknown address too; never hashes more than a password can hold.

    Every way in that takes a password comes through here and is throttled: raises RateLimited before anything is
    looked at.
    """

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **kwargs: Any) -> Any:
        if username is None or password is None:
            return None
        marks = take_try(request, username)
        if len(normalise(password)) > MOST:
            password = ""  # nobody's: it takes the time any wrong one takes
        person = super().authenticate(request, username=username, password=password, **kwargs)
        if person is not None:
            give_back_try(marks)
        return person
