"""A person with an authenticator app, as they come to have one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pyotp

from apps.accounts import factors
from apps.accounts.models import SecondFactor
from apps.tenancy.context import bind_company

PASSWORD = "correct horse battery"


@dataclass
class App:
    secret: str
    recovery: list[str]

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many steps of 30 s later."""
        return pyotp.TOTP(self.secret).generate_otp(int(time.time()) // 30 + steps)

    def wrong(self) -> str:
        """Six digits that none of the steps nearby has."""
        near = {self.code(steps) for steps in range(-3, 4)}
        return next(text for text in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                    if text not in near)  # fmt: skip


def set_up(company: Any, person: Any) -> App:
    """Confirmed a while ago: every code from now on is unused."""
    with bind_company(company.binding()):
        waiting = factors.start(person)
        app = App(factors.secret_of(waiting), [])
        app.recovery = factors.confirm(person, waiting.pk, app.code())
        SecondFactor.objects.filter(pk=waiting.pk).update(last_step=0)
    return app
