"""Who a name and a password belong to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.passwords import MOST, normalise


class PasswordBackend(ModelBackend):
    """Django's, which hashes for an unknown address too; never hashes more than a password can hold."""

    def authenticate(self, request: Any, username: Any = None, password: Any = None, **kwargs: Any) -> Any:
        if password is not None and len(normalise(password)) > MOST:
            password = ""  # nobody's: it takes the time any wrong one takes
        return super().authenticate(request, username=username, password=password, **kwargs)
