"""A generated account as rough as real ones: long threads, odd bodies, web chat, files, personal data, empty fields."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from simulators import mail, odd
from simulators.dice import mix
from simulators.freshdesk.generated import GeneratedOrigin
from simulators.freshdesk.records import (
    Attachment,
    Contact,
    Entry,
    Folder,
    Planted,
    Profile,
    Ticket,
    attachment_id,
    entry_id,
    stable_id,
)

_ENTRIES_MOST = 1500
_FIELDS = ("cf_order_number", "cf_serial_number", "cf_region", "cf_seats", "cf_urgent")
_UNKNOWN_STATUS = 27  # no field names it
_SOURCES = (1, 1, 1, 2, 3, 7, 9, 10, 12, 13, 15, 15, 99)
_CHAT = 15


class RoughOrigin(GeneratedOrigin):
    """The same tickets as the plain account of the seed, times and feeds too, with everything else that occurs.

    Threads have eight entries on average, most fewer, one of them 1,500; three of ten tickets have files; one body in
    two thousand is 2 MB long. What is planted in the texts is known by `planted`.
    """

    def __init__(self, tickets: int, seed: int, now: int) -> None:
        super().__init__(tickets, seed, now)
        self.profile = _roughened(self.profile, now)
        self.longest = max(1, tickets // 2)

    def _dice(self, ticket_id: int, what: int) -> random.Random:
        return random.Random(mix(self._seed, ticket_id, 100 + what))

    def ticket(self, ticket_id: int) -> Ticket:
        row, dice = super().ticket(ticket_id), self._dice(ticket_id, 0)
        row.source = dice.choice(_SOURCES)
        row.custom_fields = _fields(dice)
        row.attachments = self._files(ticket_id, 0, row.created_at, dice)
        if dice.random() < 0.04:
            row.status = dice.choice((6, 9, _UNKNOWN_STATUS))
        if dice.random() < 0.03:
            row.subject = dice.choice(("", None, odd.LONG_SUBJECT, "\u202eecioV"))  # type: ignore[assignment]
        if row.source == _CHAT:
            row.description = f"<div>{self._chat_words(ticket_id)}</div>"  # the first message says it again
        else:
            row.description = self._body(ticket_id, 0, row.description, dice)
        row.description_text = mail.plain(row.description)
        return row

    def _chat_words(self, ticket_id: int) -> str:
        return f"Hello, is anybody there? It is about {ticket_id}."

    def entries(self, ticket_id: int) -> list[Entry]:
        stamp, dice = self.stamp(ticket_id), self._dice(ticket_id, 1)
        count = min(_ENTRIES_MOST, int(dice.lognormvariate(1.3, 1.25)))
        if ticket_id == self.longest:
            count = _ENTRIES_MOST
        times = sorted(dice.randint(stamp.created_at, stamp.updated_at) for _ in range(count))
        language = dice.choice(self.profile.languages)
        made = [self._entry(dice, ticket_id, number, at, language) for number, at in enumerate(times, 1)]
        for number, entry in enumerate(made, 1):
            self._roughen(entry, ticket_id, number, dice)
        if made and self.ticket_source(ticket_id) == _CHAT:
            made[0].body = f"<div>{self._chat_words(ticket_id)}</div>"
            made[0].body_text, made[0].source, made[0].incoming, made[0].private = (
                self._chat_words(ticket_id), _CHAT, True, False,
            )  # fmt: skip
        return made

    def ticket_source(self, ticket_id: int) -> int:
        """Where it came from, without making it."""
        return self._dice(ticket_id, 0).choice(_SOURCES)

    def _roughen(self, entry: Entry, ticket_id: int, number: int, dice: random.Random) -> None:
        entry.body = self._body(ticket_id, number, entry.body, dice)
        entry.body_text = mail.plain(entry.body)
        entry.attachments = self._files(ticket_id, number, entry.created_at, dice)
        if dice.random() < 0.03:
            entry.user_id, entry.source, entry.from_email = None, dice.choice((15, 20, 6, 99)), None  # a bot
        if dice.random() < 0.05:
            entry.last_edited_at = entry.created_at + 59
            entry.last_edited_user_id = self.profile.agents[0].id

    def _body(self, ticket_id: int, number: int, body: str, dice: random.Random) -> str:
        """An ordinary body, or what else arrives; what is planted stands at its end."""
        roll = dice.random()
        if roll < 0.0005:
            body = odd.huge(dice)
        elif roll < 0.02:
            body = dice.choice(("", "<div><br></div>", "   "))
        elif roll < 0.30:
            body += dice.choice(odd.PIECES)
        if number < 2:
            body += "".join(f"<div>{line}</div>" for line, _ in self._lines(ticket_id, number))
        return body

    def _lines(self, ticket_id: int, number: int) -> list[tuple[str, Planted]]:
        dice = self._dice(ticket_id, 50 + number)
        if number == 0 and self.ticket_source(ticket_id) == _CHAT:
            return []
        found = []
        if dice.random() < 0.06:
            kind, text = odd.personal(dice)
            entry = entry_id(ticket_id, number) if number else None
            found.append((f"({odd.WORDS[kind]}: {text})", Planted(entry, kind, text)))
        if dice.random() < 0.005:
            text = dice.choice(odd.INSTRUCTIONS)
            found.append((text, Planted(entry_id(ticket_id, number) if number else None, "instruction", text)))
        return found

    def planted(self, ticket_id: int) -> list[Planted]:
        """Those of the first message and of the first entry, if there is one."""
        return [one for number in (0, 1) for _, one in self._lines(ticket_id, number)]

    def _files(self, ticket_id: int, number: int, at: int, dice: random.Random) -> tuple[Attachment, ...]:
        if dice.random() > (0.2 if number == 0 else 0.02):
            return ()
        made = []
        for place in range(dice.choice((1, 1, 1, 2, 5))):
            name, kind, size = dice.choice(odd.FILES)
            trouble: Any = dice.choice(("redirect", "away", "short", "long")) if dice.random() < 0.05 else ""
            made.append(Attachment(attachment_id(ticket_id, number, place), name, kind, size, at, trouble))
        return tuple(made)

    def contact(self, contact_id: int) -> Contact | None:
        """One in twenty has no address, as people of a chat; one in fifty no name."""
        row = super().contact(contact_id)
        if row is None:
            return None
        dice = random.Random(mix(self._seed, contact_id, 200))
        roll = dice.random()
        return replace(row, email=None if roll < 0.05 else row.email, name="" if roll < 0.02 else row.name)


def _roughened(plain: Profile, now: int) -> Profile:
    """Folders three deep, of every audience, one empty, one with more articles than a page; an agent who has left."""
    born, home = now - 900 * 86400, plain.folders[0]
    below = next(one for one in plain.folders if one.parent_id == home.id)
    deep = Folder(stable_id("folder", "Cells"), "Cells", home.category_id, 1, below.id, born)
    others = tuple(
        Folder(stable_id("folder", f"audience {number}"), f"Audience {number}", home.category_id, number, None, born)
        for number in (4, 5, 6, 7)
    )
    empty = Folder(stable_id("folder", "Empty"), "Empty", home.category_id, 1, None, born)
    crowded = Folder(stable_id("folder", "Crowded"), "Crowded", home.category_id, 2, None, born)
    pattern = plain.articles[0]
    places = [deep.id, *(one.id for one in others), *([crowded.id] * 130)]
    articles = tuple(
        replace(pattern, id=stable_id("article", f"rough-{number}"), folder_id=place)
        for number, place in enumerate(places)
    )
    left = replace(plain.agents[-1], id=stable_id("agent", "left"), name="Gone Away", email="gone@generated.example",
                   active=False)  # fmt: skip
    return replace(
        plain,
        custom_fields=_FIELDS,
        agents=(*plain.agents, left),
        folders=(*plain.folders, deep, *others, empty, crowded),
        articles=(*plain.articles, *articles),
    )


def _fields(dice: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "cf_order_number": f"{dice.randrange(10**6):06d}", "cf_serial_number": "SN-1", "cf_region": "EMEA",
        "cf_seats": dice.randrange(500), "cf_urgent": dice.random() < 0.5,
    }  # fmt: skip
    return {name: values[name] if dice.random() < 0.4 else None for name in _FIELDS}
