"""map_agent: say which agent of the helpdesk a person is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from apps.accounts.models import User
from apps.core.errors import BadInput, NotFound
from apps.platforms.agents import map_by_hand, unmap
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Say which agent of the helpdesk a person is: their tickets are \"mine\" then. It is only needed where the "
        "addresses differ or no mail is sent; else it follows from an address the person has verified by a link."
    )
    hints: ClassVar[dict[str, str]] = {"agent_unknown": "The key must be one that may read the list of agents (sync_status)."}

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL", help="the person's address here")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--agent", metavar="EMAIL", help="the agent's address in the helpdesk")
        which.add_argument("--off", action="store_true", help="take back what was said; a verified address counts again")

    def perform(self, **options: Any) -> dict[str, Any]:
        person = User.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise NotFound(f"There is no person {options['email']!r} here.", code="user_unknown")
        if options["off"]:
            return {"email": person.email, "disconnected": unmap(person=person)}
        if not options["agent"].strip():
            raise BadInput("An agent has an address.", code="agent_unknown")
        return {"email": person.email, "connected": map_by_hand(person=person, agent_email=options["agent"])}
