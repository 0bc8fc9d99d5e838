"""What other rooms may want to hear of connections and of what was written to a helpdesk."""

from __future__ import annotations

from django.dispatch import Signal

# `ticket`, and `message` (MessageData) or `changed` (TicketData): the helpdesk has it now. Sent in the transaction that
# says so; whoever listens stores it there.
written = Signal()
# `connection_id` and `code`: its helpdesk has refused the key, or the key cannot be opened. Once, in the transaction that
# stops the connection.
refused = Signal()
# `connection_id`: its helpdesk has taken a key. In the transaction that stores the key.
accepted = Signal()
# `ids`: articles nobody may read any more, unpublished or gone. In the transaction that knows them out of the index.
left = Signal()
