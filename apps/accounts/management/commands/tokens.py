"""tokens: the API tokens of a company; replace or revoke one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from apps.accounts.models import ApiToken
from apps.accounts.tokens import OVERLAP, replace, revoke
from apps.core.errors import NotFound
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "List the API tokens that work in a company, or replace or revoke one by its id."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--revoke", type=UUID, metavar="ID", help="refuse this token from now on")
        one.add_argument(
            "--replace", type=UUID, metavar="ID",
            help=f"print a new token for the same purpose; the old one works {OVERLAP.days} days more",
        )  # fmt: skip

    def perform(self, **options: Any) -> dict[str, Any]:
        if options["revoke"]:
            return {"revoked": revoke(token=_token(options["revoke"]))}
        if options["replace"]:
            token, clear = replace(token=_token(options["replace"]))
            return {"token": clear, "id": token.pk, "expires_at": token.expires_at}
        return {"tokens": [_row(token) for token in ApiToken.objects.active().select_related("user").order_by("pk")]}

    def show(self, result: dict[str, Any]) -> None:
        if "tokens" not in result:
            super().show(result)
            return
        for row in result["tokens"]:
            self.stdout.write("  ".join(str(value) for value in row.values()))
        self.stdout.write(f"{len(result['tokens'])} in all")


def _token(token_id: UUID) -> ApiToken:
    found = ApiToken.objects.filter(pk=token_id).first()
    if found is None:
        raise NotFound(f"There is no token {token_id} here.", code="token_unknown")
    return found


def _row(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.pk, "email": token.user.email, "name": token.name, "scopes": ",".join(token.scopes),
        "expires_at": token.expires_at, "last_used_at": token.last_used_at,
    }  # fmt: skip
