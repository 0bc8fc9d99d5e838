"""What every instance holds beside tickets and articles: people of the desk, groups, choices, properties, criteria."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulators.servicenow.records import named_id, row
from simulators.servicenow.schema import TABLES
from simulators.servicenow.shelves import Row
from simulators.servicenow.times import stamp

_BORN = 900 * 86400
INTEGRATION = "deskhand.integration"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the desk; `key` makes the sys_id."""

    key: str
    name: str
    email: str
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("itil",)
    active: bool = True
    language: str = "en"


def system(sys_id: str, now: int, by: str = "admin") -> Row:
    at = stamp(now - _BORN)
    return {"sys_id": sys_id, "sys_created_on": at, "sys_updated_on": at, "sys_created_by": by, "sys_updated_by": by,
            "sys_mod_count": "0"}  # fmt: skip


def rows(people: Iterable[Person], groups: Iterable[str], now: int) -> Iterator[tuple[str, Row]]:
    """(table, row) of all of it."""
    us = Person(INTEGRATION, "Deskhand Integration", "deskhand@instance.example", (), ("itil", "knowledge"))
    admin = Person("admin", "System Administrator", "admin@instance.example", (), ("admin",))
    for name in groups:
        yield "sys_user_group", row("sys_user_group", system(named_id("group", name), now) | {
            "name": name, "description": f"Works on {name.lower()}", "active": "true"})  # fmt: skip
    for name in ("itil", "admin", "knowledge", "snc_external"):
        yield "sys_user_role", row("sys_user_role", system(named_id("role", name), now) | {"name": name})
    for one in (admin, us, *people):
        yield from _person(one, now)
    yield from _choices(now)
    for name, value in (("glide.sys.default.tz", "GMT"), ("glide.sys.date_format", "yyyy-MM-dd"), ("glide.sys.time_format", "HH:mm:ss"),
                        ("glide.product.name", "ServiceNow"), ("glide.servlet.uri", "")):  # fmt: skip
        yield "sys_properties", row("sys_properties", system(named_id("property", name), now) | {"name": name, "value": value})
    for table in TABLES.values():
        yield "sys_db_object", row("sys_db_object", system(named_id("table", table.name), now) | {
            "name": table.name, "label": table.label or table.name,
            "super_class": named_id("table", table.parent) if table.parent else ""})  # fmt: skip


def _person(one: Person, now: int) -> Iterator[tuple[str, Row]]:
    user = named_id("user", one.key)
    first, _, last = one.name.partition(" ")
    yield "sys_user", row("sys_user", system(user, now) | {
        "name": one.name, "user_name": one.key, "first_name": first, "last_name": last, "email": one.email,
        "active": "true" if one.active else "false", "preferred_language": one.language, "vip": "false",
        "locked_out": "false"})  # fmt: skip
    for group in one.groups:
        yield "sys_user_grmember", row("sys_user_grmember", system(named_id("member", f"{one.key}:{group}"), now) | {
            "user": user, "group": named_id("group", group)})  # fmt: skip
    for role in one.roles:
        yield "sys_user_has_role", row("sys_user_has_role", system(named_id("has", f"{one.key}:{role}"), now) | {
            "user": user, "role": named_id("role", role), "inherited": "false"})  # fmt: skip


def _choices(now: int) -> Iterator[tuple[str, Row]]:
    """Of fields that a child shares with `task` the rows stand under `task` alone."""
    for table in ("task", "incident", "sn_customerservice_case", "kb_knowledge"):
        for element, labels in TABLES[table].choices.items():
            parent = TABLES[table].parent
            if parent and TABLES[parent].choices.get(element) == labels:
                continue
            for place, (value, label) in enumerate(labels.items()):
                yield "sys_choice", _choice(table, element, value, label, place, now, language="en")
                if table == "incident" and element == "state":
                    yield "sys_choice", _choice(table, element, value, f"{label} (de)", place, now, language="de")
    yield "sys_choice", _choice("incident", "state", "4", "Awaiting User Info", 90, now, language="en", inactive="true")


def _choice(table: str, element: str, value: str, label: str, place: int, now: int, **more: str) -> Row:
    key = f"{table}:{element}:{value}:{more.get('language')}"
    return row("sys_choice", system(named_id("choice", key), now) | {
        "name": table, "element": element, "value": value, "label": label, "sequence": str(place), "inactive": "false"} | more)  # fmt: skip
