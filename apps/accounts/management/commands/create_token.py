"""create_token: an API token that acts for a person; shown once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.models import ApiToken, Scope, User
from apps.core.audit import record
from apps.core.errors import NotFound
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Make an API token for a person. It is printed once and kept only as a hash; it lasts 90 days."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="whose rights the token has")
        parser.add_argument("--name", default="API", help="what the token is for")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="may repeat; default: all")

    def perform(self, **options: Any) -> dict[str, Any]:
        user = User.objects.active().filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise NotFound(f"There is no active person {options['email']!r} here.", code="user_unknown")
        token, clear = ApiToken.issue(user=user, name=options["name"], scopes=options["scope"])
        record("token_created", subject=f"token:{token.pk}")
        return {"token": clear, "expires_at": token.expires_at}
