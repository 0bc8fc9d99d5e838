"""A generated instance of any size: every row follows from a seed and is made when somebody asks for it."""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import groupby

from simulators import mail, odd, phrases
from simulators.dice import mix
from simulators.servicenow import beside, knowledge, records, setup
from simulators.servicenow.facts import AGENTS, GROUPS, Facts, planted
from simulators.servicenow.setup import Person
from simulators.servicenow.shelves import Ids, Row, Shelf, Shuffle
from simulators.servicenow.times import stamp

_DAY = 86400
_BITS = 20
_KINDS = ("text/plain (.txt)", "image/png", "application/pdf", "application/octet-stream", "text/plain", "")


class _Shelf:
    """What shelves have in common: ids in order."""

    cheap: frozenset[str] = frozenset()
    always: dict[str, frozenset[str]] = {}
    ids: Ids

    def __len__(self) -> int:
        return self.ids.size

    def id_at(self, place: int) -> str:
        return self.ids.at(place)

    def place(self, sys_id: str) -> int | None:
        return self.ids.place(sys_id)

    def floor(self, sys_id: str) -> int:
        return self.ids.floor(sys_id)

    def peek(self, place: int) -> Row:
        raise NotImplementedError

    def row(self, place: int) -> Row:
        raise NotImplementedError

    def by(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]] | None:
        if name != "sys_id":
            return None
        return ((self.id_at(place), [place]) for place in range(*self._between(low, high)))

    def _between(self, low: str, high: str) -> tuple[int, int]:
        return self.floor(low) if low else 0, self.floor(high + "\0") if high else len(self)

    def count(self, name: str, low: str, high: str) -> int | None:
        if name != "sys_id":
            return None
        first, last = self._between(low, high)
        return max(0, last - first)


class Incidents(_Shelf):
    """Callers' tickets. One second has an eighth of them, 2,500 at most."""

    cheap = frozenset(("sys_id", "number", "sys_created_on", "sys_updated_on", "sys_class_name", "sys_mod_count"))
    always = {"sys_class_name": frozenset(("incident",))}

    def __init__(self, facts: Facts) -> None:
        self.facts, self.ids = facts, facts.ids
        self._index: array[int] | None = None
        self._made = lru_cache(maxsize=2000)(self._make)

    def peek(self, place: int) -> Row:
        number = self.facts.order.back(place)
        created, updated = self.facts.times(number)
        return {
            "sys_id": self.id_at(place), "number": f"INC{number + 1:07d}", "sys_created_on": stamp(created),
            "sys_updated_on": stamp(updated), "sys_class_name": "incident",
            "sys_mod_count": str(self.facts.length(number) + 1),
        }  # fmt: skip

    def row(self, place: int) -> Row:
        return dict(self._made(place))

    def _make(self, place: int) -> Row:
        facts, number = self.facts, self.facts.order.back(place)
        dice = random.Random(mix(facts.seed, number, 1))
        created, updated = facts.times(number)
        language = facts.language(number)
        solved = facts.now - updated > 10 * _DAY
        state = dice.choice(("6", "7", "7")) if solved else dice.choice(("1", "2", "2", "3", "27", "-5"))
        done = stamp(updated) if solved else ""
        order = f"{dice.randrange(10**4):04d}-{dice.randrange(10**5):05d}"
        text = _body(dice, phrases.CUSTOMER[language], order)
        text += "".join(f"\n\n{line}" for line, _ in planted(facts, number, None))
        subject = dice.choice(phrases.SUBJECTS[language]).format(n=order)
        if dice.random() < 0.02:
            subject = dice.choice(("", odd.LONG_SUBJECT[:160], "\u202eecioV"))
        agent = dice.choice((None, *range(AGENTS)))
        return records.row("incident", self.peek(place) | {
            "short_description": subject, "description": text, "state": state, "incident_state": state,
            "active": "false" if state == "7" else "true", "priority": str(dice.choice((1, 2, 3, 3, 4, 4, 5))),
            "impact": str(dice.randint(1, 3)), "urgency": str(dice.randint(1, 3)), "severity": "3",
            "category": dice.choice(("inquiry", "software", "hardware", "network")),
            "contact_type": dice.choice(("email", "phone", "self-service", "")), "escalation": "0",
            "caller_id": facts.person_ids.at(facts.caller(number)), "opened_by": facts.person_ids.at(facts.caller(number)),
            "assigned_to": "" if agent is None else facts.agents[agent],
            "assignment_group": dice.choice(("", *facts.groups)), "opened_at": stamp(created), "resolved_at": done,
            "closed_at": done if state == "7" else "", "close_code": "Solved (Permanently)" if solved else "",
            "close_notes": phrases.AGENT[language][1] if solved else "", "hold_reason": "1" if state == "3" else "",
            "sys_created_by": f"person{facts.caller(number)}", "sys_updated_by": "system",
            "business_duration": stamp(updated - created) if solved else "", "knowledge": "false", "made_sla": "true",
            "u_cost_centre": f"CC-{dice.randrange(100)}" if dice.random() < 0.3 else "",
        })  # fmt: skip

    def by(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]] | None:
        if name in ("number", "sys_created_on"):
            return self._by_number(name, low, high)
        if name != "sys_updated_on":
            return super().by(name, low, high)
        first, last = self._span(low, high)
        keys = self.index[first:last]
        return (
            (stamp(second), [key & (1 << _BITS) - 1 for key in found])
            for second, found in groupby(keys, key=lambda key: key >> _BITS)
        )

    def count(self, name: str, low: str, high: str) -> int | None:
        if name != "sys_updated_on":
            return super().count(name, low, high)
        first, last = self._span(low, high)
        return max(0, last - first)

    def _span(self, low: str, high: str) -> tuple[int, int]:
        index = self.index
        first = bisect_left(index, low, key=lambda key: stamp(key >> _BITS)) if low else 0
        return first, bisect_right(index, high, key=lambda key: stamp(key >> _BITS)) if high else len(index)

    def _by_number(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]]:
        """In the order of creation."""

        def value(number: int) -> str:
            return f"INC{number + 1:07d}" if name == "number" else stamp(self.facts.times(number)[0])

        numbers = range(self.facts.count)
        first = bisect_left(numbers, low, key=value) if low else 0
        last = bisect_right(numbers, high, key=value) if high else len(numbers)
        for shown, found in groupby(numbers[first:last], key=value):
            yield shown, [self.facts.order.to(number) for number in found]

    @property
    def index(self) -> array[int]:
        """(updated, place) in order: within a second by sys_id."""
        if self._index is None:
            facts = self.facts
            self._index = array("q", sorted(
                facts.times(number)[1] << _BITS | facts.order.to(number) for number in range(facts.count)
            ))  # fmt: skip
        return self._index


class Parts(_Shelf):
    """Rows that belong to an incident: `before` says how many stand at lower places, `key` is the field that names it."""

    key = ""

    def __init__(self, facts: Facts, incidents: Incidents) -> None:
        self.facts, self.incidents = facts, incidents

    @property
    def before(self) -> array[int]:
        raise NotImplementedError

    @cached_property
    def ids(self) -> Ids:  # type: ignore[override]
        return Ids(self.before[-1], self.facts.seed + len(self.key))

    @cached_property
    def order(self) -> Shuffle:
        return Shuffle(self.before[-1], self.facts.seed + len(self.key))

    def home(self, place: int) -> tuple[int, int]:
        """The incident's place, and the how-maniest of it this is."""
        at = self.order.back(place)
        home = bisect_right(self.before, at) - 1
        return home, at - self.before[home]

    def parts(self, home: int) -> list[int]:
        return sorted(self.order.to(at) for at in range(self.before[home], self.before[home + 1]))

    def by(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]] | None:
        if name == self.key:
            homes = range(*self.incidents._between(low, high))
            return ((self.incidents.id_at(home), self.parts(home)) for home in homes if self.parts(home))
        if name in ("sys_created_on", "sys_updated_on") and name in self.cheap:
            return self._by_time(name, low, high)
        return super().by(name, low, high)

    def _by_time(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]]:
        """Among those whose incident changed since: a part changes its incident."""
        found: dict[str, list[int]] = {}
        homes = self.incidents.by("sys_updated_on", low, "") or ()
        for _, places in homes:
            for home in places:
                for part in self.parts(home):
                    at = self.peek(part)[name]
                    if (not low or at >= low) and (not high or at <= high):
                        found.setdefault(at, []).append(part)
        return iter(sorted(found.items()))

    def count(self, name: str, low: str, high: str) -> int | None:
        if name != self.key:
            return super().count(name, low, high)
        first, last = self.incidents._between(low, high)
        return self.before[last] - self.before[first] if last > first else 0


class Journals(Parts):
    """Comments and work notes."""

    key = "element_id"
    cheap = frozenset(("sys_id", "element_id", "sys_created_on", "name", "element"))
    always = {"name": frozenset(("incident",)), "element": frozenset(("comments", "work_notes"))}

    @property
    def before(self) -> array[int]:
        return self.facts.entries_before

    def peek(self, place: int) -> Row:
        home, entry = self.home(place)
        number = self.facts.order.back(home)
        return {
            "sys_id": self.id_at(place), "element_id": self.incidents.id_at(home), "name": "incident",
            "sys_created_on": stamp(self.facts.entry_time(number, entry)),
            "element": "work_notes" if mix(self.facts.seed, number, entry, 9) % 5 == 0 else "comments",
        }  # fmt: skip

    def row(self, place: int) -> Row:
        facts, (home, entry) = self.facts, self.home(place)
        number = facts.order.back(home)
        dice = random.Random(mix(facts.seed, number, entry, 10))
        known = self.peek(place)
        spoken = facts.language(number) if dice.random() < 0.9 else dice.choice(phrases.LANGUAGES)
        order = f"{number:04d}-{dice.randrange(10**5):05d}"
        speaker = f"agent{dice.randrange(AGENTS)}"
        if known["element"] == "work_notes":
            text = phrases.NOTE[spoken].format(n=order)
        elif dice.random() < 0.5:
            text, speaker = _body(dice, phrases.CUSTOMER[spoken], order), f"person{facts.caller(number)}"
        else:
            text = _body(dice, phrases.AGENT[spoken], order)
        roll = dice.random()
        if roll < 0.02:
            text = dice.choice(("", " ", "\n\n"))
        elif roll < 0.12:
            text = f"[code]{dice.choice(odd.PIECES)}[/code]{text}"
        elif roll < 0.2:  # what came by mail keeps its marks
            quoted = mail.Quoted(text, "Agent 1", "agent1@generated.example", facts.entry_time(number, entry), "desk", order)
            client = dice.choice(("gmail", "outlook", "apple"))
            text = f"[code]{mail.render(text, client, spoken, quoted=quoted if roll < 0.16 else None)}[/code]"  # type: ignore[arg-type]
        elif roll < 0.201 and entry == 0 and number % 50 == 7:
            text = odd.huge(dice)
        text += "".join(f"\n{line}" for line, _ in planted(facts, number, entry))
        return known | {"value": text, "sys_created_by": speaker, "sys_tags": ""}


class Files(Parts):
    """Attachments of incidents."""

    key = "table_sys_id"
    cheap = frozenset(("sys_id", "table_sys_id", "sys_created_on", "sys_updated_on", "table_name"))
    always = {"table_name": frozenset(("incident",))}

    @property
    def before(self) -> array[int]:
        return self.facts.files_before

    def peek(self, place: int) -> Row:
        home, part = self.home(place)
        number = self.facts.order.back(home)
        created, updated = self.facts.times(number)
        at = stamp(created + min(part, updated - created))
        return {
            "sys_id": self.id_at(place), "table_sys_id": self.incidents.id_at(home), "table_name": "incident",
            "sys_created_on": at, "sys_updated_on": at,
        }  # fmt: skip

    def row(self, place: int) -> Row:
        dice = random.Random(mix(self.facts.seed, place, 12))
        name, kind, size = dice.choice(odd.FILES)
        known = self.peek(place)
        kind = dice.choice(_KINDS) if dice.random() < 0.2 else kind
        return records.file_row(known, name, kind, size, "system")


class People(_Shelf):
    """Who calls."""

    always = {"active": frozenset(("true",))}

    def __init__(self, facts: Facts) -> None:
        self.facts, self.ids = facts, facts.person_ids
        self._made = lru_cache(maxsize=2000)(self._make)

    def row(self, place: int) -> Row:
        return dict(self._made(place))

    def _make(self, place: int) -> Row:
        at = stamp(self.facts.now - 900 * _DAY)
        language = phrases.LANGUAGES[place % len(phrases.LANGUAGES)]
        return records.row("sys_user", {
            "sys_id": self.id_at(place), "name": f"Person {place}", "user_name": f"person{place}", "first_name": "Person",
            "last_name": str(place), "email": "" if place % 20 == 7 else f"person{place}@generated.example",
            "active": "true", "preferred_language": language, "vip": "false", "locked_out": "false",
            "sys_created_on": at, "sys_updated_on": at, "sys_created_by": "admin", "sys_updated_by": "admin",
            "sys_mod_count": "1",
        })  # fmt: skip

    peek = row

    def by(self, name: str, low: str, high: str) -> Iterator[tuple[str, list[int]]] | None:
        if name == "user_name" and low and low == high:
            place = int(low[6:]) if low.startswith("person") and low[6:].isdigit() else self.facts.people
            return iter([(low, [place])] if place < self.facts.people else [])
        return super().by(name, low, high)


def _body(dice: random.Random, pool: tuple[str, ...], order: str) -> str:
    chosen = dice.sample(pool, dice.randint(1, min(4, len(pool))))
    return "\n\n".join(sentence.format(n=order) for sentence in chosen) + f"\n\n{order}"


class GeneratedOrigin:
    """`count` incidents over 500 days with their threads and files, and a third as many callers."""

    def __init__(self, count: int, seed: int, now: int) -> None:
        self.facts = Facts(count, seed, now)

    def shelves(self) -> dict[str, Shelf]:
        facts = self.facts
        incidents = Incidents(facts)
        return {
            "incident": incidents, "sys_user": People(facts),
            "sys_journal_field": Journals(facts, incidents), "sys_attachment": Files(facts, incidents),
        }  # fmt: skip

    def rows(self) -> Iterator[tuple[str, Row]]:
        people = [
            Person(f"agent{n}", f"Agent {n}", f"agent{n}@generated.example", (GROUPS[n % 3],), active=n < AGENTS - 1)
            for n in range(AGENTS)
        ]
        yield from setup.rows(people, GROUPS, self.facts.now)
        yield from knowledge.generated(self.facts.now)
        yield from beside.rows(self.facts)

    def planted(self, sys_id: str) -> list[tuple[int | None, str, str]]:
        place = self.facts.ids.place(sys_id)
        if place is None:
            return []
        number = self.facts.order.back(place)
        found: list[tuple[int | None, str, str]] = [(None, kind, text) for _, (kind, text) in planted(self.facts, number, None)]
        if self.facts.length(number):
            found += [(0, kind, text) for _, (kind, text) in planted(self.facts, number, 0)]
        return found
