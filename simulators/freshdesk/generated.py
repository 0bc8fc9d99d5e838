"""A generated account of any size: every ticket follows from (seed, id) and is made when somebody asks for it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simulators import mail, phrases
from simulators.dice import mix
from simulators.freshdesk.records import (
    Agent,
    Article,
    Category,
    Contact,
    Entry,
    Feed,
    Folder,
    Group,
    Planted,
    Profile,
    Stamp,
    Ticket,
    Translation,
    entry_id,
    stable_id,
)

_DAY = 86400
_SPAN = 500 * _DAY
_CROWD_MOST = 2500
_GROUPS = ("Hardware", "Orders", "Billing")
_STATUSES = ((2, "Open"), (3, "Pending"), (4, "Resolved"), (5, "Closed"), (6, "Waiting on Customer"), (9, "In repair"))
_CONTACT_BASE = 36_000_000_000


class GeneratedOrigin:
    """`tickets` cases over 500 days: 2 % hidden, one second shared by an eighth of them (2,500 at most)."""

    def __init__(self, tickets: int, seed: int, now: int) -> None:
        self.now = now
        self.profile = _profile(now)
        self._size = tickets
        self._seed = seed
        self._customers = max(1, tickets // 3)
        crowd = min(_CROWD_MOST, tickets // 8)
        self._crowd = range(tickets // 3, tickets // 3 + crowd)
        self._crowd_at = now - 40 * _DAY

    def stamps(self) -> Iterator[Stamp]:
        return map(self.stamp, range(1, self._size + 1))

    def planted(self, ticket_id: int) -> list[Planted]:
        return []

    def stamp(self, ticket_id: int) -> Stamp:
        created = self.now - _SPAN + (_SPAN - 2 * _DAY) * ticket_id // (self._size + 1)
        dice = mix(self._seed, ticket_id)
        updated = min(created + 1 + dice % (20 * _DAY), self.now - 60 - dice % 7200)
        if ticket_id in self._crowd and created < self._crowd_at:
            updated = self._crowd_at  # a bulk edit: many tickets on one second
        feed: Feed = ("spam", "deleted")[dice >> 20 & 1] if (dice >> 32) % 50 == 0 else "live"
        return Stamp(ticket_id, created, updated, feed)

    def ticket(self, ticket_id: int) -> Ticket:
        stamp = self.stamp(ticket_id)
        dice = random.Random(mix(self._seed, ticket_id, 1))
        language = dice.choice(phrases.LANGUAGES)
        order = _order(dice)
        text = _sentences(dice, phrases.CUSTOMER[language], order)
        client = dice.choice(("gmail", "outlook", "apple", "form"))
        body = mail.render(text, client, language)  # type: ignore[arg-type]
        age = self.now - stamp.updated_at
        status = dice.choice((4, 4, 5)) if age > 10 * _DAY else dice.choice(_STATUSES)[0]
        return Ticket(
            id=ticket_id,
            subject=dice.choice(phrases.SUBJECTS[language]).format(n=order),
            description=body,
            description_text=mail.plain(body),
            status=status,
            priority=dice.choice((1, 1, 2, 2, 3, 4)),
            source=dice.choice((1, 1, 1, 2, 3, 7)),
            type=dice.choice((None, "Question", "Problem")),
            group_id=dice.choice((None, *(group.id for group in self.profile.groups))),
            responder_id=dice.choice((None, *(agent.id for agent in self.profile.agents))),
            requester_id=_CONTACT_BASE + 1 + mix(self._seed, ticket_id, 2) % self._customers,
            tags=dice.sample(("vip", "refund", "firmware", "delivery"), dice.randrange(3)),
            created_at=stamp.created_at,
            updated_at=stamp.updated_at,
            feed=stamp.feed,
            status_at=stamp.updated_at,
        )

    def entries(self, ticket_id: int) -> list[Entry]:
        """0 to 30 entries, six on average."""
        stamp = self.stamp(ticket_id)
        dice = random.Random(mix(self._seed, ticket_id, 3))
        count = min(30, int(dice.expovariate(1 / 6)))
        times = sorted(dice.randint(stamp.created_at, stamp.updated_at) for _ in range(count))
        language = random.Random(mix(self._seed, ticket_id, 1)).choice(phrases.LANGUAGES)
        return [self._entry(dice, ticket_id, number, at, language) for number, at in enumerate(times, 1)]

    def _entry(self, dice: random.Random, ticket_id: int, number: int, at: int, language: str) -> Entry:
        spoken = language if dice.random() < 0.9 else dice.choice(phrases.LANGUAGES)
        kind = dice.choice(("customer", "customer", "agent", "agent", "note"))
        order = _order(dice)
        customer = _CONTACT_BASE + 1 + mix(self._seed, ticket_id, 2) % self._customers
        agent = dice.choice(self.profile.agents)
        if kind == "note":
            text = phrases.NOTE[spoken].format(n=order)
        else:
            pool = phrases.CUSTOMER if kind == "customer" else phrases.AGENT
            text = _sentences(dice, pool[spoken], order)
        body = mail.render(text, "gmail" if kind == "customer" else "agent", spoken)
        sender = f"customer{customer - _CONTACT_BASE}@mail.example" if kind == "customer" else agent.email
        return Entry(
            id=entry_id(ticket_id, number),
            user_id=customer if kind == "customer" else agent.id,
            incoming=kind == "customer",
            private=kind == "note",
            source=2 if kind == "note" else 0,
            body=body,
            body_text=mail.plain(body),
            created_at=at,
            updated_at=at,
            from_email=None if kind == "note" else sender,
        )

    def contact(self, contact_id: int) -> Contact | None:
        number = contact_id - _CONTACT_BASE
        if not 1 <= number <= self._customers:
            return None
        language = phrases.LANGUAGES[number % 7]
        return Contact(contact_id, f"Customer {number}", f"customer{number}@mail.example", language, self.now - _SPAN)

    def contacts(self) -> Iterator[Contact]:
        for number in range(1, self._customers + 1):
            contact = self.contact(_CONTACT_BASE + number)
            assert contact is not None
            yield contact


def _order(dice: random.Random) -> str:
    return f"{dice.randrange(10**4):04d}-{dice.randrange(10**5):05d}"


def _sentences(dice: random.Random, pool: tuple[str, ...], order: str) -> str:
    chosen = dice.sample(pool, dice.randint(1, min(4, len(pool))))
    return "\n\n".join(sentence.format(n=order) for sentence in chosen) + f"\n\n{order}"


def _profile(now: int) -> Profile:
    born = now - 900 * _DAY
    groups = tuple(Group(stable_id("group", name), name, born) for name in _GROUPS)
    agents = tuple(
        Agent(
            stable_id("agent", f"agent{n}"),
            f"Agent {n}",
            f"agent{n}@generated.example",
            "en",
            (groups[n % 3].id,),
            born,
        )
        for n in range(6)
    )
    categories = tuple(Category(stable_id("category", name), name, born) for name in ("Help", "Internal"))
    folders = tuple(_folders(categories, born))
    return Profile(
        key="generated",
        name="Generated",
        primary_language="en",
        languages=phrases.LANGUAGES,
        statuses=_STATUSES,
        groups=groups,
        agents=agents,
        categories=categories,
        folders=folders,
        articles=tuple(_articles(folders, agents[0].id, now)),
    )


def _folders(categories: tuple[Category, ...], born: int) -> Iterator[Folder]:
    """One of each audience, and a folder inside a folder."""
    top = stable_id("folder", "Charging")
    yield Folder(top, "Charging", categories[0].id, 1, None, born)
    yield Folder(stable_id("folder", "Batteries"), "Batteries", categories[0].id, 1, top, born)
    yield Folder(stable_id("folder", "Members"), "Members", categories[0].id, 2, None, born)
    yield Folder(stable_id("folder", "Playbooks"), "Playbooks", categories[1].id, 3, None, born)


def _articles(folders: tuple[Folder, ...], author: int, now: int) -> Iterator[Article]:
    for folder in folders:
        for number in range(1, 7):
            dice = random.Random(mix(folder.id, number))
            texts = {}
            for language in phrases.LANGUAGES[: dice.choice((1, 2, 7))]:
                body = "".join(f"<p>{line.format(n=number)}</p>" for line in phrases.AGENT[language])
                title = phrases.SUBJECTS[language][number % 3].format(n=f"{folder.name} {number}")
                texts[language] = Translation(title, body, mail.plain(body), now - (30 + number) * _DAY)
            key = f"{folder.name}-{number}"
            status = 1 if number == 6 else 2
            yield Article(stable_id("article", key), folder.id, status, author, [], now - 400 * _DAY, texts)
