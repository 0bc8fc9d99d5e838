"""What can happen to an account: one function for each kind of event, applied at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulators.freshdesk import mail
from simulators.freshdesk.records import Entry, Ticket
from simulators.freshdesk.world import World

Change = dict[str, Any]
_ORDINARY = ("subject", "status", "reply", "note", "reply")


def apply(world: World, changes: list[Change]) -> int:
    """Apply changes in order. Returns how many tickets or articles were touched.

    A change names its target by `ticket`, `tickets` or `random` (that many tickets of the live feed, by
    `seed`), or by `article`. Raises ValueError for an unknown kind or target.
    """
    return sum(_apply_one(world, change) for change in changes)


def _apply_one(world: World, change: Change) -> int:
    kind = change.get("op", "")
    if kind == "create":
        add_ticket(world, str(change.get("subject", "New ticket")), str(change.get("text", "Hello")))
        return 1
    try:
        if kind in _ARTICLES:
            _ARTICLES[kind](world, change)
            return 1
        targets = _targets(world, change)
        for ticket_id in targets:
            chosen = kind
            if kind == "random":
                chosen = random.Random(f"{change.get('seed', 0)}:{ticket_id}").choice(_ORDINARY)
            _TICKETS[chosen](world, ticket_id, change)
    except KeyError as exc:
        raise ValueError(f"no such op, ticket or article: {exc} in {change}") from exc
    return len(targets)


def _targets(world: World, change: Change) -> list[int]:
    if "random" in change:
        dice = random.Random(change.get("seed", 0))
        return world.at_places("live", [dice.randrange(2**31) for _ in range(int(change["random"]))])
    return [int(change["ticket"])] if "ticket" in change else [int(number) for number in change["tickets"]]


def add_entry(world: World, ticket_id: int, text: str, *, by: str = "agent", private: bool = False) -> Entry:
    """A reply or a note; moves updated_at. Replies of agents are remembered as mailed."""
    body = text if text.lstrip().startswith("<") else mail.render(text, "gmail" if by == "customer" else "agent", "en")
    return add_markup(world, ticket_id, body, by=by, private=private)


def add_markup(world: World, ticket_id: int, body: str, *, by: str, private: bool) -> Entry:
    """The same with ready HTML."""
    ticket, now = world.edit(ticket_id), world.clock.second()
    agent = ticket.responder_id or world.profile.agents[0].id
    entry = Entry(
        id=world.new_entry_id(ticket_id),
        user_id=ticket.requester_id if by == "customer" else agent,
        incoming=by == "customer",
        private=private,
        source=2 if private else 0,
        body=body,
        body_text=mail.plain(body),
        created_at=now,
        updated_at=now,
    )
    world.thread(ticket_id).append(entry)
    world.move(ticket_id)
    if by == "agent" and not private:
        world.mails.append({"ticket_id": ticket_id, "conversation_id": entry.id, "at": now})
    return entry


def set_status(world: World, ticket_id: int, status: int) -> None:
    ticket = world.move(ticket_id)
    ticket.status, ticket.status_at = status, ticket.updated_at


def add_ticket(world: World, subject: str, text: str) -> Ticket:
    """A new ticket of the account's first customer."""
    body, now = mail.render(text, "form", "en"), world.clock.second()
    requester = next(iter(world.origin.contacts())).id
    ticket = Ticket(0, subject, body, mail.plain(body), 2, 2, 2, None, None, None, requester, [], now, now)
    return world.create(ticket)


def _subject(world: World, ticket_id: int, change: Change) -> None:
    ticket = world.move(ticket_id)
    ticket.subject = str(change.get("value", f"{ticket.subject} (edited {world.clock.now():.3f})"))


def _description(world: World, ticket_id: int, change: Change) -> None:
    ticket = world.move(ticket_id)
    ticket.description = mail.render(str(change["value"]), "form", "en")
    ticket.description_text = mail.plain(ticket.description)


def _status(world: World, ticket_id: int, change: Change) -> None:
    ticket = world.edit(ticket_id)
    set_status(world, ticket_id, int(change.get("value", 4 if ticket.status in (2, 3) else 2)))


def _reply(world: World, ticket_id: int, change: Change) -> None:
    text = str(change.get("text", f"Here is some news about ticket {ticket_id} at {world.clock.now():.3f}."))
    add_entry(world, ticket_id, text, by=str(change.get("by", "customer")))


def _note(world: World, ticket_id: int, change: Change) -> None:
    text = str(change.get("text", f"Internal: looked at {ticket_id} at {world.clock.now():.3f}."))
    add_entry(world, ticket_id, text, private=True)


def _edit_entry(world: World, ticket_id: int, change: Change) -> None:
    """Only last_edited_at moves, as the vendor's own sample shows (contract 1.9)."""
    entry = world.thread(ticket_id)[int(change.get("entry", -1))]
    entry.body = mail.render(str(change["text"]), "agent", "en")
    entry.body_text = mail.plain(entry.body)
    entry.last_edited_at = world.clock.second()
    entry.last_edited_user_id = world.profile.agents[0].id


def _delete_entry(world: World, ticket_id: int, change: Change) -> None:
    del world.thread(ticket_id)[int(change.get("entry", -1))]
    if change.get("bump", True):
        world.move(ticket_id)


def _edit_article(world: World, change: Change) -> None:
    article = world.articles[int(change["article"])]
    text = article.texts[str(change.get("language", world.profile.primary_language))]
    text.title = str(change.get("title", text.title))
    text.description = str(change.get("text", text.description))
    text.description_text = mail.plain(text.description)
    text.updated_at = world.clock.second()


def _article_status(world: World, change: Change) -> None:
    article = world.articles[int(change["article"])]
    article.status = int(change["value"])
    for text in article.texts.values():
        text.updated_at = world.clock.second()


def _move_article(world: World, change: Change) -> None:
    folder = {folder.id: folder.id for folder in world.profile.folders}[int(change["folder"])]
    world.articles[int(change["article"])].folder_id = folder


def _delete_article(world: World, change: Change) -> None:
    del world.articles[int(change["article"])]


_TICKETS: dict[str, Callable[[World, int, Change], Any]] = {
    "subject": _subject,
    "description": _description,
    "status": _status,
    "reply": _reply,
    "note": _note,
    "edit_entry": _edit_entry,
    "delete_entry": _delete_entry,
    "touch": lambda world, ticket_id, change: world.move(ticket_id, at=change.get("at")),
    "trash": lambda world, ticket_id, _: world.move(ticket_id, feed="deleted"),
    "spam": lambda world, ticket_id, _: world.move(ticket_id, feed="spam"),
    "restore": lambda world, ticket_id, _: world.move(ticket_id, feed="live"),
    "archive": lambda world, ticket_id, _: world.move(ticket_id, feed="archived", at=world.edit(ticket_id).updated_at),
    "destroy": lambda world, ticket_id, _: world.destroy(ticket_id),
}
_ARTICLES: dict[str, Callable[[World, Change], None]] = {
    "edit_article": _edit_article,
    "article_status": _article_status,
    "move_article": _move_article,
    "delete_article": _delete_article,
}
KINDS = (*_TICKETS, *_ARTICLES, "create", "random")


@dataclass(slots=True)
class Rule:
    """`after`: once, after that many list calls. `every`: again and again, `times` times at most."""

    apply: list[Change]
    after: int = 0
    every: int = 0
    times: int = 1_000_000
    done: int = 0


@dataclass(slots=True)
class Script:
    """Events between calls: counted by calls to GET /tickets, whatever their filter."""

    rules: list[Rule] = field(default_factory=list)
    calls: int = 0

    def load(self, rules: list[dict[str, Any]]) -> None:
        """Replace the rules and count from 0. Raises TypeError for an unknown option, ValueError for an unknown op."""
        loaded = [Rule(**rule) for rule in rules]
        for change in (change for rule in loaded for change in rule.apply):
            if change.get("op") not in KINDS:
                raise ValueError(f"unknown op {change.get('op')}; known: {', '.join(KINDS)}")
        self.rules, self.calls = loaded, 0

    def called(self, world: World) -> None:
        """A list call was answered: do what is due now, before the next one."""
        self.calls += 1
        for rule in self.rules:
            due = self.calls == rule.after or (rule.every and self.calls % rule.every == 0)
            if due and rule.done < rule.times:
                rule.done += 1
                seeded = [{"seed": self.calls * 1000 + number} | change for number, change in enumerate(rule.apply)]
                apply(world, seeded)

    @property
    def pending(self) -> int:
        """Events that may still come."""
        return sum(rule.done < (rule.times if rule.every else 1) for rule in self.rules)
