"""brief: everything the assistant says about one ticket."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.assistant.services import get_brief, make_brief
from apps.core.errors import NotFound
from apps.core.names import numbered
from apps.platforms.models import Ticket
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = "Print the brief of a ticket (its number in the helpdesk): summary, similar cases, articles, draft."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("ticket", metavar="TICKET", help="the ticket's number in the helpdesk")
        parser.add_argument("--fresh", action="store_true", help="make it now instead of showing the stored one")

    def perform(self, **options: Any) -> dict[str, Any]:
        ticket = Ticket.objects.shown().select_related("customer").named(options["ticket"]).first()
        if ticket is None:
            raise NotFound(f"There is no ticket {options['ticket']} in the mirror.", code="ticket_unknown")
        shape = None if options["fresh"] else get_brief(ticket)
        shape = shape or make_brief(ticket=ticket).shape()
        return {"ticket": ticket.name, "subject": ticket.subject} | shape.model_dump(mode="json")

    def show(self, result: dict[str, Any]) -> None:
        self.stdout.write(f"{numbered(result['ticket'])} {result['subject']}")
        for name, lines in result["summary"].items():
            if isinstance(lines, list):
                for line in lines:
                    self.stdout.write(f"  {name}: {line['text']} (#{line['number']})")
        for one in result["similar"]:
            self.stdout.write(f"  similar {numbered(one['remote_id'])} {one['subject']} ({one['score']})")
        for one in result["articles"]:
            self.stdout.write(f"  article {one['title']} ({one['score']})")
        draft = result["draft"]
        self.stdout.write(f"  draft: {draft['outcome']} {', '.join(draft['missing'])}")
        for paragraph in draft["paragraphs"]:
            for sentence in paragraph:
                self.stdout.write(f"    {sentence['text']} {sentence['citations']}")
