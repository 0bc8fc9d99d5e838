"""Runs in a venv of its own: python-freshdesk as its documentation shows it. Prints one JSON line."""

import json
import sys

from freshdesk.api import API
from freshdesk.v2.errors import FreshdeskBadRequest, FreshdeskNotFound, FreshdeskUnauthorized


def refusal(call, *arguments, **options):
    try:
        call(*arguments, **options)
    except (FreshdeskBadRequest, FreshdeskNotFound, FreshdeskUnauthorized) as exc:
        return type(exc).__name__, str(exc)
    return None


def main(domain: str, key: str) -> None:
    api = API(domain, key)
    ever = "2000-01-01T00:00:00Z"
    tickets = api.tickets.list_tickets(filter_name=None, updated_since=ever)
    comments = {one.id: api.comments.list_comments(one.id) for one in tickets[:60]}
    view = api.tickets.get_ticket(tickets[0].id, "conversations", "requester", "stats")
    categories = api.solutions.categories.list_categories()
    folders = [one for category in categories for one in api.solutions.folders.list_from_category(category.id)]
    articles = [one for folder in folders for one in api.solutions.articles.list_from_folder(folder.id)]
    german = [
        one for folder in folders[:1] for one in api.solutions.articles.list_from_folder_translated(folder.id, "de")
    ]
    waiting = api.tickets.filter_tickets("status:2 OR status:3")
    note = api.comments.create_note(tickets[0].id, "<p>a note</p>", private=True)
    changed = api.tickets.update_ticket(tickets[0].id, priority=4)
    print(json.dumps({
        "tickets": sorted(one.id for one in tickets),
        "statuses": sorted({one.status for one in tickets}),
        "trash": sorted(one.id for one in api.tickets.list_deleted_tickets()),
        "spam": sorted(one.id for one in api.tickets.list_tickets(filter_name="spam", updated_since=ever)),
        "comments": {ticket: [one.id for one in found] for ticket, found in comments.items()},
        "sources": sorted({one.source for found in comments.values() for one in found}),
        "view": [view.id, len(view.conversations), view.requester["id"] == view.requester_id],
        "me": api.agents.currently_authenticated_agent().contact["email"],
        "agents": len(api.agents.list_agents()),
        "groups": sorted(one.name for one in api.groups.list_groups()),
        "roles": len(api.roles.list_roles()),
        "contacts": len(api.contacts.list_contacts()),
        "fields": sorted(one.name for one in api.ticket_fields.list_ticket_fields()),
        "articles": sorted(one.id for one in articles),
        "german": len(german),
        "found": len(waiting),
        "note": [note.body_text, note.private],
        "changed": changed.priority,
        "refusals": [
            refusal(api.tickets.get_ticket, 999_999),
            refusal(api.tickets.update_ticket, tickets[0].id, status=77),
            refusal(API(domain, "wrong").tickets.list_tickets),
        ],
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
