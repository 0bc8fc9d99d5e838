"""What can happen to an account: one function for each kind of event, applied at once."""

from __future__ import annotations

import random
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulators import mail
from simulators.freshdesk import brands, companies, linking, ratings, timesheet
from simulators.freshdesk.records import Attachment, Entry, Feed, Ticket, stable_id
from simulators.freshdesk.world import World

Change = dict[str, Any]
ARCHIVE_DAYS = 120
_ORDINARY = ("subject", "status", "reply", "note", "reply")


def apply(world: World, changes: list[Change]) -> int:
    """Apply changes in order. Returns how many tickets or articles were touched.

    A change names its target by `ticket`, `tickets` or `random` (that many tickets by `seed`, of the live feed or
    of `feed`; none when it is empty), or by `article`. All of them happen at one moment. Raises ValueError for an
    unknown kind or target.
    """
    with world.clock.held():
        return sum(_apply_one(world, change) for change in changes)


def _apply_one(world: World, change: Change) -> int:
    kind = change.get("op", "")
    if kind == "create":
        add_ticket(world, str(change.get("subject", "New ticket")), str(change.get("text", "Hello")))
        return 1
    try:
        if kind in _WHOLE:
            return _WHOLE[kind](world, change)
        if kind in _ARTICLES:
            chosen = _some_articles(world, change)
            for article_id in chosen:
                _ARTICLES[kind](world, change | {"article": article_id})
            return len(chosen)
        targets = _targets(world, change)
        for ticket_id in targets:
            chosen = kind
            if kind == "random":
                chosen = random.Random(f"{change.get('seed', 0)}:{ticket_id}").choice(_ORDINARY)
            _TICKETS[chosen](world, ticket_id, change)
            world.note(ticket_id, chosen)
    except KeyError as exc:
        raise ValueError(f"no such op, ticket or article: {exc} in {change}") from exc
    return len(targets)


def _targets(world: World, change: Change) -> list[int]:
    if "random" in change:
        dice = random.Random(change.get("seed", 0))
        feed: Feed = change.get("feed", "live")
        return world.at_places(feed, [dice.randrange(2**31) for _ in range(int(change["random"]))])
    return [int(change["ticket"])] if "ticket" in change else [int(number) for number in change["tickets"]]


def add_entry(world: World, ticket_id: int, text: str, *, by: str = "agent", private: bool = False) -> Entry:
    """A reply or a note; moves updated_at. Replies of agents are remembered as mailed."""
    body = text if text.lstrip().startswith("<") else mail.render(text, "gmail" if by == "customer" else "agent", "en")
    return add_markup(world, ticket_id, body, by=by, private=private)


def add_markup(
    world: World, ticket_id: int, body: str, *, by: str, private: bool, note: bool = False, agent: int | None = None
) -> Entry:
    """The same with ready HTML, in the name of that agent. A note is never mailed, also when it is public."""
    ticket, now = world.edit(ticket_id), world.clock.second()
    agent = agent or ticket.responder_id or world.profile.agents[0].id
    entry = Entry(
        id=world.new_entry_id(ticket_id),
        user_id=ticket.requester_id if by == "customer" else agent,
        incoming=by == "customer",
        private=private,
        source=2 if private or note else 0,
        body=body,
        body_text=mail.plain(body),
        created_at=now,
        updated_at=now,
    )
    world.thread(ticket_id).append(entry)
    world.move(ticket_id)
    if by == "agent" and not private and not note:
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
    value = int(change.get("value", 4 if ticket.status in (2, 3) else 2))
    if change.get("bump", True):
        set_status(world, ticket_id, value)
    else:  # as if it had been so all the time
        ticket.status = value


def _reply(world: World, ticket_id: int, change: Change) -> None:
    text = str(change.get("text", f"Here is some news about ticket {ticket_id} at {world.clock.now():.3f}."))
    add_entry(world, ticket_id, text, by=str(change.get("by", "customer")))


def _note(world: World, ticket_id: int, change: Change) -> None:
    text = str(change.get("text", f"Internal: looked at {ticket_id} at {world.clock.now():.3f}."))
    add_entry(world, ticket_id, text, private=True)


def _edit_entry(world: World, ticket_id: int, change: Change) -> None:
    """Only last_edited_at moves, as the vendor's own sample shows (contract 1.9), or the ticket too by the switch."""
    entry = _entry(world, ticket_id, change)
    if entry is None:
        return
    rewrite(world, entry, mail.render(str(change.get("text", f"Edited at {world.clock.now():.3f}")), "agent", "en"))
    world.touch(ticket_id, moves=world.switches.note_edit_moves)


def rewrite(world: World, entry: Entry, body: str) -> None:
    """New words in an entry, by the owner of the key."""
    entry.body, entry.body_text = body, mail.plain(body)
    entry.last_edited_at = world.clock.second()
    entry.last_edited_user_id = world.profile.agents[0].id


def _delete_entry(world: World, ticket_id: int, change: Change) -> None:
    entry = _entry(world, ticket_id, change)
    if entry is None:
        return
    if world.switches.deleted_entries_listed:
        entry.deleted = True
    else:
        world.thread(ticket_id).remove(entry)
    world.touch(ticket_id, moves=bool(change.get("bump", world.switches.note_delete_moves)))


def _entry(world: World, ticket_id: int, change: Change) -> Entry | None:
    """The entry a change names, or None when a ticket chosen at random has none. Raises KeyError."""
    thread = world.thread(ticket_id)
    if not thread and "random" in change:
        return None
    try:
        return thread[int(change.get("entry", -1))]
    except IndexError:
        raise KeyError(f"entry {change.get('entry', -1)}") from None


def _tags(world: World, ticket_id: int, change: Change) -> None:
    ticket = world.touch(ticket_id, moves=world.switches.tags_move)
    ticket.tags = [str(tag) for tag in change.get("value", [f"tag-{world.clock.second() % 7}"])]


def _attach(world: World, ticket_id: int, change: Change) -> None:
    """A file on the first message, or on an `entry`; `content`: its bytes in base64; `inline`: shown by the message's HTML."""
    ticket = world.touch(ticket_id, moves=world.switches.attachment_moves)
    holder = ticket if "entry" not in change else _entry(world, ticket_id, change)
    if holder is None:
        return
    name = str(change.get("name", f"file-{len(holder.attachments) + 1}.txt"))
    body = b64decode(change["content"]) if "content" in change else None
    made = Attachment(
        id=stable_id("attachment", f"{ticket_id}/{holder.id}/{name}/{len(holder.attachments)}"),
        name=name,
        content_type=str(change.get("content_type", "text/plain")),
        size=int(change.get("size", 120 if body is None else len(body))),
        created_at=world.clock.second(),
        trouble=change.get("trouble", ""),
        body=body,
    )
    if change.get("inline"):
        image = f'<img src="{world.storage.inline(made)}" alt="{name}">'
        if isinstance(holder, Entry):
            holder.body += image
        else:
            holder.description += image
        return
    holder.attachments = (*holder.attachments, made)


def _field(world: World, ticket_id: int, change: Change) -> None:
    ticket = world.move(ticket_id)
    ticket.custom_fields = ticket.custom_fields | {str(change["name"]): change.get("value")}


def _hide(feed: Feed) -> Callable[[World, int, Change], Any]:
    return lambda world, ticket_id, _: world.touch(ticket_id, moves=world.switches.hiding_moves, feed=feed)


def merge(world: World, primary: int, secondaries: list[int], note: str = "", their_note: str = "") -> None:
    """Threads of the secondaries go to the primary; they are closed with a note on both sides (contract 2.2): the product's
    words, or the caller's.

    Raises KeyError for an unknown ticket, ValueError when one is to be merged into itself.
    """
    if primary in secondaries:
        raise ValueError("a ticket cannot be merged into itself")
    moves = world.switches.merge_moves
    for ticket_id in (primary, *secondaries):
        world.edit(ticket_id)
    for ticket_id in secondaries:
        carried = world.thread(ticket_id)
        if not world.switches.merge_keeps_ids:
            for entry in carried:
                entry.id = world.new_entry_id(primary)
        world.thread(primary).extend(carried)
        carried.clear()
        world.touch(ticket_id, moves=moves).status = 5
        world.edit(ticket_id).status_at = world.clock.second()
        _merge_note(world, ticket_id, their_note or f"This ticket is closed and merged into ticket {primary}")
        _merge_note(world, primary, note or f"Ticket {ticket_id} is merged into this ticket")
    world.touch(primary, moves=moves)
    world.thread(primary).sort(key=lambda entry: (entry.created_at, entry.id))
    for ticket_id in (primary, *secondaries):
        world.note(ticket_id, "merge", primary=primary)


def _merge_note(world: World, ticket_id: int, text: str) -> None:
    moved = world.edit(ticket_id).updated_at
    add_entry(world, ticket_id, text, private=True)
    if not world.switches.merge_moves:
        world.move(ticket_id, at=moved)


def _merge(world: World, change: Change) -> int:
    """By `into` and `tickets`, or two at `random`."""
    if "random" in change:
        dice = random.Random(change.get("seed", 0))
        found = world.at_places("live", [dice.randrange(2**31) for _ in range(6)])[:2]
        if len(found) < 2:
            return 0
        merge(world, found[0], found[1:])
        return 2
    merge(world, int(change["into"]), [int(number) for number in change["tickets"]], str(change.get("note", "")),
          str(change.get("their_note", "")))  # fmt: skip
    return 1 + len(change["tickets"])


def _destroy(world: World, ticket_id: int) -> None:
    linking.unlink(world, ticket_id, moves=False)
    world.destroy(ticket_id)


def _destroy_contact(world: World, change: Change) -> int:
    """A customer, by `contact` or as the requester of a ticket, is erased with all their tickets."""
    if "contact" in change:
        return len(world.destroy_contact(int(change["contact"])))
    done = 0
    for ticket_id in _targets(world, change):
        ticket = world.ticket(ticket_id)
        done += len(world.destroy_contact(ticket.requester_id)) if ticket else 0
    return done


def _rename_contact(world: World, change: Change) -> int:
    """Another name or address of a customer, by `contact` or as the requester of a ticket; no ticket moves."""
    wanted = [int(change["contact"])] if "contact" in change else [
        row.requester_id for row in map(world.ticket, _targets(world, change)) if row]  # fmt: skip
    for contact_id in wanted:
        row = world.contact(contact_id)
        if row is None:
            raise KeyError(f"contact {contact_id}")
        world.people[contact_id] = replace(row, name=str(change.get("name", f"{row.name} Jr.")),
                                           email=change.get("email", row.email))  # fmt: skip
    return len(wanted)


def _add_status(world: World, change: Change) -> int:
    """The account gets one more state, or another name for one."""
    value, label = int(change["value"]), str(change.get("label", f"State {change['value']}"))
    if value < 2:
        raise ValueError("states are numbered from 2")
    others = tuple(one for one in world.profile.statuses if one[0] != value)
    world.profile = replace(world.profile, statuses=tuple(sorted((*others, (value, label)))))
    return 1


def _archive_old(world: World, change: Change) -> int:
    """What is closed and was not touched for `days` goes to the archive, as it does every night."""
    before = world.clock.second() - int(change.get("days", ARCHIVE_DAYS)) * 86400
    old = [row for row in (world.stamp(one) for one in world.index["live"]) if row and row.updated_at < before]
    chosen = [row.id for row in old if (ticket := world.ticket(row.id)) and ticket.status == 5]
    for ticket_id in chosen:
        world.touch(ticket_id, moves=False, feed="archived")
    return len(chosen)


def _some_articles(world: World, change: Change) -> list[int]:
    """The article a change names, or that many at random."""
    if "random" not in change:
        return [int(change["article"])]
    dice, known = random.Random(change.get("seed", 0)), sorted(world.articles)
    return dice.sample(known, min(len(known), int(change["random"])))


def _edit_article(world: World, change: Change) -> None:
    article = world.articles[int(change["article"])]
    kept = article.texts[str(change.get("language", world.profile.primary_language))]
    text = article.texts[str(change.get("language", world.profile.primary_language))] = replace(kept)
    text.title = str(change.get("title", f"{text.title.partition(' (edited')[0]} (edited {world.clock.second()})"))
    text.description = str(change.get("text", text.description))
    text.description_text = mail.plain(text.description)
    text.updated_at = world.clock.second()


def _article_status(world: World, change: Change) -> None:
    article = world.articles[int(change["article"])]
    article.status = int(change.get("value", 3 - article.status))
    now = world.clock.second()
    article.texts = {language: replace(text, updated_at=now) for language, text in article.texts.items()}


def _move_article(world: World, change: Change) -> None:
    article, folders = world.articles[int(change["article"])], {one.id: one.id for one in world.profile.folders}
    dice = random.Random(f"{change.get('seed', 0)}:{article.id}")
    article.folder_id = folders[int(change["folder"])] if "folder" in change else dice.choice(sorted(folders))


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
    "tags": _tags,
    "attach": _attach,
    "field": _field,
    "trash": _hide("deleted"),
    "spam": _hide("spam"),
    "restore": _hide("live"),
    "archive": lambda world, ticket_id, _: world.touch(ticket_id, moves=False, feed="archived"),
    "product": brands.set_product,
    "destroy": lambda world, ticket_id, _: _destroy(world, ticket_id),
    "rate": ratings.rate,
    "unrate": ratings.unrate,
    "spend": timesheet.spend,
    "unspend": timesheet.unspend,
    "unlink": lambda world, ticket_id, _: linking.unlink(world, ticket_id),
}
_ARTICLES: dict[str, Callable[[World, Change], None]] = {
    "edit_article": _edit_article,
    "article_status": _article_status,
    "move_article": _move_article,
    "delete_article": _delete_article,
}
_WHOLE: dict[str, Callable[[World, Change], int]] = {
    "merge": _merge,
    "link": linking.link,
    "company": companies.change,
    "destroy_contact": _destroy_contact,
    "archive_old": _archive_old,
    "rename_contact": _rename_contact,
    "add_status": _add_status,
    "add_product": brands.add_product,
    "portals": brands.set_portals,
    "canned": brands.set_canned,
}
KINDS = (*_TICKETS, *_ARTICLES, *_WHOLE, "create", "random")
