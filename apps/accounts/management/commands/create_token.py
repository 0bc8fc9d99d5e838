"""create_token: an API token that acts for a person; shown once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.models import DEFAULT_DAYS, MOST_DAYS, Scope, User
from apps.accounts.tokens import create
from apps.core.errors import NotFound
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Make an API token for a person. It is printed once and kept only as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="whose rights the token has")
        parser.add_argument("--name", default="API", help="what the token is for; two of a purpose work at a time")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="may repeat; default: all")
        parser.add_argument(
            "--expires", type=int, default=DEFAULT_DAYS, metavar="DAYS",
            help=f"how many days it works, 1 to {MOST_DAYS} (default {DEFAULT_DAYS})",
        )  # fmt: skip

    def perform(self, **options: Any) -> dict[str, Any]:
        user = User.objects.active().filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise NotFound(f"There is no active person {options['email']!r} here.", code="user_unknown")
        token, clear = create(user=user, name=options["name"], scopes=options["scope"], days=options["expires"])
        return {"token": clear, "id": token.pk, "expires_at": token.expires_at}
