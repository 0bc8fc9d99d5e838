"""change_user: another role for a person, or their account switched off or on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.models import Role, User
from apps.core.errors import BadInput, NotFound
from apps.tenancy.commands import CompanyCommand
from apps.tenancy.context import current_company
from apps.tenancy.names import OPERATOR_COMPANY


class Command(CompanyCommand):
    help = (
        "Give a person another role, or switch their account off or on. Who is switched off is out at once: sessions "
        "and tokens work no more, and an operator's visits of companies end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="whom to change")
        parser.add_argument("--role", choices=Role.values, help="what they may do from now on")
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--off", dest="active", action="store_false", default=None, help="switch the account off")
        state.add_argument("--on", dest="active", action="store_true", default=None, help="switch it on again")

    def perform(self, **options: Any) -> dict[str, Any]:
        role, active = options["role"], options["active"]
        if role is None and active is None:
            raise BadInput("Say what to change: --role, --off or --on.", code="nothing_to_change")
        if role is not None and (role == Role.OPERATOR) != (current_company().company_id == OPERATOR_COMPANY):
            raise BadInput(
                f"Operators belong to the company {OPERATOR_COMPANY!r}, and only they do.", code="role_not_here"
            )
        person = User.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise NotFound(f"There is no person {options['email']!r} here.", code="user_unknown")
        person.role = role or person.role
        person.is_active = person.is_active if active is None else active
        person.save(update_fields=["role", "is_active"])
        return {"email": person.email, "role": person.role, "active": person.is_active}
