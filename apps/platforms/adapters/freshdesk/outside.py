"""Pages of a ticket, and the rule that calls us when one changes (contract 2.8)."""

from __future__ import annotations

from typing import ClassVar

from apps.platforms.outside import MetOutside, gettext_noop


class OfFreshdesk(MetOutside):
    ids_are_numbers: ClassVar[bool] = True
    ticket_path: ClassVar[str] = "/a/tickets/{remote_id}"
    customer_path: ClassVar[str] = "/support/tickets/{remote_id}"
    key_help: ClassVar[str] = "Check the key: in Freshdesk it stands under the agent's profile settings."
    push_wrapper: ClassVar[str] = "freshdesk_webhook"  # of its simple content
    push_example: ClassVar[str] = '{"ticket_id": "{{ticket.id}}"}'  # with the placeholder as it writes it
    push_steps: ClassVar[tuple[str, ...]] = (
        gettext_noop("In Freshdesk, open Admin, Workflows, Automations, then the tab Ticket updates. Create a rule for any event by anybody, without conditions."),
        gettext_noop("Choose the action Trigger webhook, the request type POST, and enter the address as URL."),
        # Translators: %(header)s is the name of an HTTP header.
        gettext_noop("Add a custom header with the value shown here: %(header)s"),
        gettext_noop("Choose the encoding JSON and the content Advanced, and enter:"),
        gettext_noop("Make the same rule under the tab Ticket creation, then change a ticket: this page says when it was heard."),
    )
