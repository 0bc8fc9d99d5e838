"""What happens to an instance and to its server: changes by name, at once or by a script."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulators import phrases
from simulators.faults import FaultPlan
from simulators.script import CLIENT, Change, Script
from simulators.servicenow import attachments, knowledge, records, tables
from simulators.servicenow.auth import Grants
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp
from simulators.servicenow.world import World

_STATES = ("1", "2", "3", "6", "7", "27", "-5")
_MOST = 20_000


class Instance:
    """What an event may lay hands on: `world`, `plan`, `grants`."""

    world: World
    plan: FaultPlan
    grants: Grants


def apply(instance: Any, asked: list[Change]) -> int:
    """Apply in order, each at one moment. Returns how many rows were touched.

    Raises ValueError for what is unknown; what stands before it was done.
    """
    touched = 0
    for change in asked:
        op = change.get("op", "")
        if op in _SERVER:
            _SERVER[op](instance, change)
        elif op in _RECORDS:
            with instance.world.clock.held():
                targets = _targets(instance.world, change)
                for number, sys_id in enumerate(targets):
                    _RECORDS[op](instance.world, sys_id, change, random.Random(f"{change.get('seed', 0)}:{number}:{sys_id}"))
                touched += len(targets)
        elif op in _WHOLE:
            with instance.world.clock.held():
                touched += _WHOLE[op](instance.world, change)
        elif op not in CLIENT:
            raise ValueError(f"unknown op {op}; known: {', '.join(KINDS)}")
    return touched


def _targets(world: World, change: Change) -> list[str]:
    """ticket (a sys_id or a number), tickets, or random (how many) of `table` (incident)."""
    table = _table(change)
    named = change.get("tickets", [change["ticket"]] if "ticket" in change else None)
    if named is None:
        seed = int(change.get("seed", 0))
        if change["op"] == "undelete":
            return random.Random(seed).sample(sorted(world.deleted), min(int(change.get("random", 1)), len(world.deleted)))
        return world.some(table, min(int(change.get("random", 1)), _MOST), seed)
    found = []
    for name in named:
        if world.get(table, name) is not None or name in world.deleted or name in world.hidden:
            found.append(name)
            continue
        rows = [one for _, group in world.store(table).walk("number", name, name) for one in group]
        if not rows:
            raise KeyError(f"no row {name} in {table}")
        found.append(rows[0].sys_id)
    return found


def _table(change: Change) -> str:
    return str(change.get("table", "kb_knowledge" if "article" in change["op"] else "incident"))


def _update(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    values = change.get("fields") or {"short_description": f"Changed {dice.randrange(10**6)}"}
    world.change(_table(change), sys_id, {name: str(value) for name, value in values.items()})


def _state(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    value = str(change.get("value", dice.choice(_STATES)))
    closed = {"resolved_at": stamp(world.clock.second())} if value in ("6", "7") else {}
    world.change(_table(change), sys_id, {"state": value, "incident_state": value, "active": "false" if value == "7" else "true"} | closed)


def _say(element: str) -> Callable[[World, str, Change, random.Random], None]:
    def said(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
        language = dice.choice(phrases.LANGUAGES)
        text = change.get("text") or dice.choice(phrases.AGENT[language]).format(n=dice.randrange(10**6))
        world.journal(_table(change), sys_id, element, text, str(change.get("by", "agent0")))

    return said


def _delete(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    world.remove(_table(change), sys_id, audited=bool(change.get("audited", True)))


def _acl(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    (world.hidden.add if change.get("blocked", True) else world.hidden.discard)(sys_id)


def _attach(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    body = str(change.get("text") or f"A file with the number {dice.randrange(10**6)}.").encode()
    attachments.attach(world, _table(change), sys_id, str(change.get("name", "note.txt")),
                       str(change.get("content_type", "text/plain")), body)  # fmt: skip


def _random(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    """An ordinary change."""
    dice.choice((_update, _state, _say("comments"), _say("work_notes")))(world, sys_id, change, dice)


def _edit_article(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    values = change.get("fields") or {"text": f"<p>{change.get('text') or f'Edited {dice.randrange(10**6)}'}</p>"}
    world.change("kb_knowledge", sys_id, dict(values))


def _version_article(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    """A new record with the same number; the old one is outdated."""
    old = world.get("kb_knowledge", sys_id)
    if old is None or old["workflow_state"] != "published":
        return
    world.change("kb_knowledge", sys_id, {"workflow_state": "outdated", "latest": "false"})
    text = change.get("text") or f"<p>A new version: {dice.randrange(10**6)}</p>"
    kept: Row = {name: value for name, value in old.items() if not name.startswith("sys_")}
    kept |= {"text": text, "version": _next_version(world, old["version"]), "base_version": old["base_version"] or sys_id,
             "sys_class_name": "kb_knowledge", "sys_domain": "global"}  # fmt: skip
    world.insert("kb_knowledge", {name: value for name, value in kept.items() if name in records.row("kb_knowledge", {})}, "agent0")


def _next_version(world: World, held: str) -> str:
    """The id of the version after this one."""
    row = world.get("kb_version", held)
    text = f"{float(row['version'] if row else 1) + 1:.1f}"
    found = [one["sys_id"] for one in world.stores["kb_version"].rows.values() if one["version"] == text]
    return found[0] if found else world.insert("kb_version", {"version": text}, quiet=True)["sys_id"]


def _article_state(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    value = str(change.get("value", dice.choice(("retired", "draft", "published", "pending_retirement"))))
    world.change("kb_knowledge", sys_id, {"workflow_state": value, "active": "false" if value == "retired" else "true"})


def _expire_article(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    world.change("kb_knowledge", sys_id, {"valid_to": stamp(world.clock.second() - 86400)[:10]})


def _article_criteria(world: World, sys_id: str, change: Change, dice: random.Random) -> None:
    names = list(world.stores["user_criteria"].rows)
    can = change.get("can", dice.choice((*names, "")) if names else "")
    world.change("kb_knowledge", sys_id, {"can_read_user_criteria": str(can), "cannot_read_user_criteria": str(change.get("cannot", ""))})


def _create(world: World, change: Change) -> int:
    """A ticket; `count` of them: an import, all in one second."""
    table, count, dice = _table(change), int(change.get("count", 1)), random.Random(int(change.get("seed", 0)))
    for number in range(count):
        language = dice.choice(phrases.LANGUAGES)
        body = {"short_description": change.get("subject") or phrases.SUBJECTS[language][0].format(n=number),
                "description": change.get("text") or phrases.CUSTOMER[language][0]}  # fmt: skip
        world.made += 1
        values = tables.defaults(world, table, world.clock.second()) | body | dict(change.get("fields") or {})
        world.insert(table, values, str(change.get("by", "importer")))
    return count


def _create_article(world: World, change: Change) -> int:
    key = f"made-{world.made}"
    made = knowledge.article(key, f"KB9{world.made:06d}", "it", str(change.get("title", "New article")),
                             f"<p>{change.get('text', 'New text')}</p>", world.clock.second())  # fmt: skip
    world.insert("kb_knowledge", {name: value for name, value in made.items() if name not in ("sys_created_on", "sys_updated_on", "sys_id")})
    return 1


def _rename(world: World, change: Change) -> int:
    """The name of a person."""
    sys_id = change.get("user") or world.some("sys_user", 1, int(change.get("seed", 0)))[0]
    world.change("sys_user", sys_id, {"name": str(change.get("name", f"Renamed {change.get('seed', 0)}"))})
    return 1


def _criteria(world: World, change: Change) -> int:
    """Fields of a row of user_criteria."""
    world.change("user_criteria", change["criteria"], {name: str(value) for name, value in change["fields"].items()})
    return 1


def _acl_share(world: World, change: Change) -> int:
    """Hide a share of a table's rows, or all from one id to another; false in `blocked` shows all again."""
    table, store = _table(change), world.store(_table(change))
    if not change.get("blocked", True):
        world.hidden.clear()
        return 0
    low, high = str(change.get("from", "")), str(change.get("to", ""))
    dice, share = random.Random(int(change.get("seed", 0))), float(change.get("share", 1.0))
    found = [one.sys_id for _, group in store.walk("sys_id", low, high) for one in group if dice.random() < share]
    world.hidden.update(found)
    return len(found) if table else 0


def _field_acl(world: World, change: Change) -> int:
    world.hidden_fields[_table(change)] = set(change.get("fields", ()))
    return 0


def _faults(instance: Any, change: Change) -> None:
    instance.plan.load(change["faults"], int(change.get("seed", 0)))


def _clock(instance: Any, change: Change) -> None:
    instance.world.clock.set(advance=float(change.get("advance", 0)), rate=change.get("rate"))


def set_switches(instance: Any, asked: Change) -> None:
    instance.world.switches.change({name: value for name, value in asked.items() if name not in ("op", "seed")})


def _journals(instance: Any, change: Change) -> None:
    set_switches(instance, {"journals": str(change["value"])})


def _key(instance: Any, change: Change) -> None:
    """Other secrets from now on: any of user, password, client_id, client_secret, api_key."""
    known = {name: str(value) for name, value in change.items() if name not in ("op", "seed", "value")}
    if "value" in change:
        known |= {"password": str(change["value"])}
    instance.grants.revoke(replace(instance.grants.secrets, **known))


def _expire(instance: Any, change: Change) -> None:
    instance.grants.expire(refresh=bool(change.get("refresh", False)))


_RECORDS: dict[str, Callable[[World, str, Change, random.Random], None]] = {
    "update": _update, "state": _state, "comment": _say("comments"), "work_note": _say("work_notes"), "delete": _delete,
    "undelete": lambda world, sys_id, change, dice: world.undelete(sys_id),
    "archive": lambda world, sys_id, change, dice: world.archive(sys_id), "acl": _acl, "attach": _attach, "random": _random,
    "edit_article": _edit_article, "version_article": _version_article, "article_state": _article_state,
    "expire_article": _expire_article, "article_criteria": _article_criteria, "delete_article": _delete,
}  # fmt: skip
_WHOLE: dict[str, Callable[[World, Change], int]] = {
    "create": _create, "import": _create, "create_article": _create_article, "rename_person": _rename, "criteria": _criteria,
    "acl_share": _acl_share, "field_acl": _field_acl,
}  # fmt: skip
_SERVER: dict[str, Callable[[Any, Change], None]] = {
    "faults": _faults, "clock": _clock, "switches": set_switches, "journals": _journals, "key": _key, "expire_tokens": _expire,
}  # fmt: skip
KINDS = (*_RECORDS, *_WHOLE, *_SERVER, *CLIENT)
CALM: list[Change] = [
    {"op": "acl_share", "blocked": False}, {"op": "faults", "faults": []},
    {"op": "switches", "asleep": "", "cancel_after_rows": 0, "journals": "allowed"},
]  # fmt: skip


def script() -> Script:
    return Script(KINDS, apply, CALM)
