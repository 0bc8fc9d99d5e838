"""reset_mfa: take a person's second factor away, for somebody who has lost the app and the recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.factors import must_have, reset
from apps.accounts.models import User
from apps.accounts.tasks import tell_factor_changed
from apps.core.errors import NotFound
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Take a person's second factor away: authenticator, recovery codes and all their sessions. Make sure first who "
        "asks for it. Where their role needs one, they set it up anew at the next sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="whose second factor is lost")

    def perform(self, **options: Any) -> dict[str, Any]:
        person = User.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise NotFound(f"There is no person {options['email']!r} here.", code="user_unknown")
        done = reset(person)
        if done:
            tell_factor_changed(person)
        return {"email": person.email, "reset": done, "required": must_have(person.role)}
