"""Two who store the same threads: a walk over all of them, and a read of one's own."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.ingest.sync import store_tickets
from apps.ingest.threads import store_threads
from apps.platforms.models import Ticket
from tests.mirror import make_connection, message_data, ticket_data


def test_whoever_stores_threads_holds_their_tickets_in_one_order_before_the_first_row(in_acme):
    """Otherwise each may hold a message the other needs, or a message here and its ticket there: a deadlock."""
    store_tickets(make_connection(), [ticket_data(number, "Case", "It hums.") for number in (1, 2, 3)])
    tickets = list(Ticket.objects.select_related("customer").order_by("-pk"))
    with CaptureQueriesContext(connection) as sent:
        store_threads([(one, [message_data(10 + n, int(one.remote_id), "Please hold it.")]) for n, one in enumerate(tickets)])
    statements = [one["sql"] for one in sent.captured_queries]
    writes = [n for n, one in enumerate(statements) if one.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    locks = [n for n, one in enumerate(statements) if "FOR NO KEY UPDATE" in one and "platforms_ticket" in one]
    assert locks and locks[0] < writes[0]
    assert 'ORDER BY "platforms_ticket"."id" ASC' in statements[locks[0]] or "ORDER BY 1 ASC" in statements[locks[0]]
