"""The small lists of an instance: states, groups, and its agents with what they are known to meet.

Agents are the members of groups. An agent meets a criterion by a list of people or of groups alone: what a role, a place or
a script decides is not known here, and what is not known lets nobody in and keeps everybody out (decision 0074).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from apps.core.errors import ExternalError, NotFound
from apps.platforms.adapters.servicenow import mapping, query
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.config import INCIDENT
from apps.platforms.adapters.servicenow.knowledge import TABLE as ARTICLES
from apps.platforms.adapters.servicenow.knowledge import language
from apps.platforms.adapters.servicenow.tickets import is_absent
from apps.platforms.base import AgentData, GroupData, Reference, StatusData

PRIMARY = "en"
R = TypeVar("R", bound=wire.Record)


async def reference(client: ServiceNowClient, tables: Sequence[str]) -> Reference:
    members = await readable(client, "sys_user_grmember", wire.Member)
    groups = await readable(client, "sys_user_group", wire.Group)
    criteria = await readable(client, "user_criteria", wire.Criteria)
    return Reference(
        statuses=tuple(await statuses(client, tables)),
        groups=tuple([GroupData(remote_id=row.sys_id, name=row.name) for row in groups if row.active != "false"]),
        agents=tuple(agents(members, criteria)),
        primary_language=PRIMARY,
        languages=await languages(client),
    )


async def readable(client: ServiceNowClient, table: str, shape: type[R], which: str = "") -> list[R]:
    """All rows of a table, none where it is closed to us."""
    try:
        return [row async for row in client.every(table, which, shape)]
    except (ExternalError, NotFound) as exc:
        if not is_absent(exc):
            raise
        return []


async def statuses(client: ServiceNowClient, tables: Sequence[str]) -> list[StatusData]:
    """Those of incidents where they are read: of a case only those that no incident has, since a number names one."""
    which = query.joined("nameINtask," + ",".join(tables), query.any_of("element", ("state",)))
    rows = [row for row in await readable(client, "sys_choice", wire.Choice, which) if row.inactive != "true" and row.language == PRIMARY]
    found: dict[str, StatusData] = {}
    for table in sorted(tables, key=lambda name: name != INCIDENT):
        own = {row.value: row.label for row in rows if row.name == table} or {row.value: row.label for row in rows if row.name == "task"}
        for value, label in (own or mapping.LABELS[table]).items():
            found.setdefault(value, mapping.status(table, value, label))
    return list(found.values())


async def languages(client: ServiceNowClient) -> tuple[str, ...]:
    """Those that articles can be written in."""
    which = query.joined(f"name={ARTICLES}", "element=language")
    rows = await readable(client, "sys_choice", wire.Choice, which)
    return tuple(dict.fromkeys((PRIMARY, *(language(row.value) for row in rows if row.value and row.inactive != "true"))))


def agents(members: Iterable[wire.Member], criteria: Sequence[wire.Criteria]) -> list[AgentData]:
    rows: dict[str, wire.Member] = {}
    groups: dict[str, list[str]] = defaultdict(list)
    for row in members:
        if row.user:
            rows.setdefault(row.user, row)
            groups[row.user].append(row.group)
    return [
        AgentData(
            remote_id=person, name=row.name or row.login, email=row.email or None,
            language=language(row.language) if row.language else None, scope="group", group_ids=tuple(sorted(set(groups[person]))),
            criteria=met(person, set(groups[person]), criteria), active=row.active != "false",
        )
        for person, row in rows.items()
    ]  # fmt: skip


def met(person: str, groups: set[str], criteria: Iterable[wire.Criteria]) -> tuple[str, ...]:
    """(pure) Criteria this person is known to meet."""
    return tuple(sorted(one.sys_id for one in criteria if meets(person, groups, one)))


def meets(person: str, groups: set[str], one: wire.Criteria) -> bool:
    """Known to meet it. `match_all`: every part that is set must be met, so one that cannot be judged leaves it open."""
    if one.active == "false":
        return False
    people, teams = _ids(one.user), _ids(one.group)
    parts = [person in people] * bool(people) + [bool(groups & teams)] * bool(teams)
    if one.match_all == "true":
        return bool(parts) and all(parts) and one.judged is True
    return any(parts) and one.advanced != "true"


def _ids(text: str) -> set[str]:
    return {part.strip() for part in text.split(",") if part.strip()}
