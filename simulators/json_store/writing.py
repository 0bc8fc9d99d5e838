"""A company's folder of any size: every line follows from (seed, number)."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from simulators import phrases

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
FILES = ("groups.jsonl", "agents.jsonl", "people.jsonl", "tickets.jsonl", "threads.jsonl", "articles.jsonl")
CODES = {"zh": "zh-Hans"}
_GROUPS = ("Hardware", "Orders", "Billing")


def write_company(folder: Path, *, tickets: int, seed: int = 1, articles: int = 12) -> None:
    """Make the folder; its name is the company's."""
    folder.mkdir(parents=True)
    header = {
        "format": 1, "company": folder.name, "name": folder.name.title(), "primary_language": "en",
        "languages": [CODES.get(one, one) for one in phrases.LANGUAGES],
    }  # fmt: skip
    (folder / "company.json").write_bytes(orjson.dumps(header, option=orjson.OPT_INDENT_2))
    people = max(1, tickets // 3)
    _write(folder / "groups.jsonl", ({"id": f"g{n}", "name": name} for n, name in enumerate(_GROUPS, 1)))
    _write(folder / "agents.jsonl", (_agent(n, folder.name) for n in range(1, 7)))
    _write(folder / "people.jsonl", (_person(n) for n in range(1, people + 1)))
    _write(folder / "tickets.jsonl", (ticket(seed, n, people) for n in range(1, tickets + 1)))
    _write(folder / "threads.jsonl", (thread(seed, n, people) for n in range(1, tickets + 1) if n % 10))
    _write(folder / "articles.jsonl", (one for n in range(1, articles + 1) for one in _article(n)))
    seal(folder)


def append(folder: Path, changes: int, *, seed: int = 1, deletions: int = 0) -> None:
    """Some tickets get another line and a longer thread, some a tombstone, as many new ones come."""
    lines = [orjson.loads(line) for line in (folder / "tickets.jsonl").read_bytes().splitlines()]
    held = {one["id"]: one for one in lines if not one.get("deleted")}
    for gone in (one["id"] for one in lines if one.get("deleted")):
        held.pop(gone, None)
    dice = random.Random(f"{seed} {len(lines)}")
    numbers = dice.sample(sorted(held), min(len(held), changes + deletions))
    later = max(datetime.fromisoformat(one["updated_at"]) for one in held.values())
    tickets, threads = [], []
    for step, number in enumerate(numbers[:changes], 1):
        at = _time(later + timedelta(seconds=step))
        tickets.append(held[number] | {"updated_at": at, "status": dice.choice(("open", "pending", "solved"))})
        messages = _messages(random.Random(f"{seed} {number} more"), number, "en", later, 3)
        threads.append({"ticket_id": number, "messages": messages})
    tickets += [{"id": number, "deleted": True} for number in numbers[changes:]]
    fresh = max(int(one["id"]) for one in lines) + 1
    for n in range(fresh, fresh + changes):
        tickets.append(ticket(seed, n, 3) | {"created_at": _time(later), "updated_at": _time(later + timedelta(seconds=n))})
        threads.append(thread(seed, n, 3))
    _write(folder / "tickets.jsonl", tickets, more=True)
    _write(folder / "threads.jsonl", threads, more=True)
    seal(folder)


def seal(folder: Path) -> None:
    """state.json, written beside and put in its place: the size, lines and hash of every file."""
    files = {}
    for name in FILES:
        if (folder / name).exists():
            text = (folder / name).read_bytes()
            files[name] = {"bytes": len(text), "lines": text.count(b"\n"), "sha256": hashlib.sha256(text).hexdigest()}
    state = {"format": 1, "written_at": datetime.now(UTC).isoformat(), "files": files}
    new = folder / "state.json.new"
    with new.open("wb") as file:
        file.write(orjson.dumps(state, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    new.rename(folder / "state.json")


def _write(path: Path, lines: Any, *, more: bool = False) -> None:
    with path.open("ab" if more else "wb") as file:
        for one in lines:
            file.write(orjson.dumps(one) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def ticket(seed: int, number: int, people: int) -> dict[str, Any]:
    dice = random.Random(f"{seed} {number}")
    language = dice.choice(phrases.LANGUAGES)
    created = NOW - timedelta(days=500) + timedelta(minutes=number % 700_000)
    updated = created + timedelta(seconds=dice.randrange(20 * 86400))
    return {
        "id": str(number), "subject": dice.choice(phrases.SUBJECTS[language]).format(n=_order(dice)),
        "description_text": _sentences(dice, phrases.CUSTOMER[language]),
        "state": "live" if dice.random() < 0.98 else dice.choice(("spam", "trashed", "archived")),
        "status": dice.choice(("open", "pending", "solved", "solved", "closed")), "priority": dice.randint(1, 4),
        "source": dice.choice(("email", "portal", "chat")), "group_id": f"g{dice.randint(1, 3)}",
        "agent_id": f"a{dice.randint(1, 6)}", "customer_id": f"p{1 + dice.randrange(people)}",
        "tags": dice.sample(("vip", "refund", "firmware", "delivery"), dice.randrange(3)),
        "language": CODES.get(language, language), "created_at": _time(created), "updated_at": _time(updated),
    }  # fmt: skip


def thread(seed: int, number: int, people: int) -> dict[str, Any]:
    head = ticket(seed, number, people)
    dice = random.Random(f"{seed} {number} thread")
    language = {"zh-Hans": "zh"}.get(head["language"], head["language"])
    begin = datetime.fromisoformat(head["created_at"])
    return {"ticket_id": str(number), "messages": _messages(dice, str(number), language, begin, min(12, int(dice.expovariate(1 / 4))))}


def _messages(dice: random.Random, number: str, language: str, begin: datetime, count: int) -> list[dict[str, Any]]:
    found = []
    for place in range(1, count + 1):
        kind = dice.choice(("customer", "agent", "note"))
        text = phrases.NOTE[language].format(n=_order(dice)) if kind == "note" else _sentences(
            dice, (phrases.CUSTOMER if kind == "customer" else phrases.AGENT)[language])  # fmt: skip
        found.append({
            "id": f"{number}.{place}", "author": "customer" if kind == "customer" else "agent",
            "author_id": None if kind == "customer" else f"a{dice.randint(1, 6)}",
            "visibility": "private" if kind == "note" else "public", "text": text,
            "source": "note" if kind == "note" else "reply", "created_at": _time(begin + timedelta(hours=place)),
        })  # fmt: skip
    return found


def _article(number: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(f"article {number}")
    for language in phrases.LANGUAGES[: dice.choice((1, 2, 7))]:
        yield {
            "id": f"k{number}", "language": CODES.get(language, language), "published": number % 6 != 0,
            "title": phrases.SUBJECTS[language][number % 3].format(n=str(number)),
            "text": "\n\n".join(line.format(n=number) for line in phrases.AGENT[language]),
            "visibility": "private" if number % 5 == 0 else "public", "folder_id": f"f{number % 3}",
            "folder": _GROUPS[number % 3], "category": "Help", "created_at": _time(NOW - timedelta(days=400)),
            "updated_at": _time(NOW - timedelta(days=30 + number)),
        }  # fmt: skip


def _agent(number: int, company: str) -> dict[str, Any]:
    return {
        "id": f"a{number}", "name": f"Agent {number}", "email": f"agent{number}@{company}.example", "scope": "all",
        "group_ids": [f"g{1 + number % 3}"],
    }  # fmt: skip


def _person(number: int) -> dict[str, Any]:
    return {"id": f"p{number}", "name": f"Customer {number}", "email": f"customer{number}@mail.example"}


def _order(dice: random.Random) -> str:
    return f"{dice.randrange(10**4):04d}-{dice.randrange(10**5):05d}"


def _sentences(dice: random.Random, pool: tuple[str, ...]) -> str:
    chosen = dice.sample(pool, dice.randint(1, min(4, len(pool))))
    return "\n\n".join(sentence.format(n=_order(dice)) for sentence in chosen)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
