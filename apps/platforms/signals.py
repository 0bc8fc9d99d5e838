"""What other rooms may want to hear of what was written to a helpdesk."""

from __future__ import annotations

from django.dispatch import Signal

# `ticket`, and `message` (MessageData) or `changed` (TicketData): the helpdesk has it now. Sent in the transaction that
# says so; whoever listens stores it there.
written = Signal()
