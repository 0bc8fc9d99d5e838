"""end_sessions: sign a person out everywhere."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.models import User
from apps.accounts.session_models import UserSession
from apps.core.errors import NotFound
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Sign a person out of every browser, from their next request on. They may sign in again: to keep them out,"
        " switch the person off in the company's admin. API tokens go on working (see the command tokens)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="the person's e-mail address")

    def perform(self, **options: Any) -> dict[str, Any]:
        email = options["email"].strip().lower()
        person = User.objects.filter(email=email).first()
        if person is None:
            raise NotFound(f"Nobody here has the address {email!r}.", code="user_unknown")
        return {"email": email, "ended": UserSession.objects.live().filter(user=person).end("command")}
