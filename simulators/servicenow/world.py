"""The state of one simulated instance: what came with it and what has happened since."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from simulators.clock import Clock
from simulators.dice import mix
from simulators.servicenow.records import row as made
from simulators.servicenow.schema import JOURNALS, TABLES, family, target
from simulators.servicenow.setup import INTEGRATION
from simulators.servicenow.shelves import Handle, Row, Shelf, Store
from simulators.servicenow.switches import Switches
from simulators.servicenow.times import stamp

_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)
_HOMES = {"kb_template_how_to": "kb_knowledge"}  # children that stand in their parent's store


@cache
def _members(table: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_HOMES.get(name, name) for name in family(table)))


class Origin(Protocol):
    """Where an instance comes from."""

    def shelves(self) -> dict[str, Shelf]: ...
    def rows(self) -> Iterable[tuple[str, Row]]: ...
    def planted(self, sys_id: str) -> list[tuple[int | None, str, str]]:
        """(how-maniest entry or None for the description, kind, words) that were put in on purpose."""
        ...


@dataclass(slots=True)
class World:
    """Change rows by `change`, `journal`, `insert`, `remove` only: they keep counters, lists and notices right."""

    origin: Origin
    clock: Clock
    seed: int = 1
    switches: Switches = field(default_factory=Switches)
    stores: dict[str, Store] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)  # sys_ids that a row ACL keeps from the user
    hidden_fields: dict[str, set[str]] = field(default_factory=dict)  # by table
    deleted: dict[str, tuple[str, Row, list[Row], list[Row]]] = field(default_factory=dict)  # with entries and files
    archived: dict[str, list[Row]] = field(default_factory=dict)  # ids of the archive, with entries
    mails: list[dict[str, Any]] = field(default_factory=list)  # comments that would have reached a customer
    heard: Callable[[str, Row, str], None] = lambda table, row, op: None  # business rules
    scheme: str = "http"  # of the port, for links
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)  # rows that came by an import set
    uploads: dict[str, bytes] = field(default_factory=dict)  # files that came through the API
    showing: set[str] = field(default_factory=set)  # tickets in the answer under way
    shown: set[str] = field(default_factory=set)  # tickets in an answer that arrived
    made: int = 0
    calls: int = 0

    def __post_init__(self) -> None:
        self.stores = {name: Store(name) for name in TABLES if name not in _HOMES}
        for name, shelf in self.origin.shelves().items():
            self.stores[name].shelf = shelf
        for name, row in self.origin.rows():
            if name == "sys_journal_field" and row["element_id"] in self.stores["ar_incident"].rows:
                self.archived.setdefault(row["element_id"], []).append(row)  # went to the archive with its record
            else:
                self.stores[name].put(row)

    def store(self, table: str) -> Store:
        return self.stores[_HOMES.get(table, table)]

    def members(self, table: str) -> tuple[str, ...]:
        """The tables whose rows a list of this one shows, as stores."""
        return _members(table)

    def get(self, table: str, sys_id: str) -> Row | None:
        """A row of the table or of one that extends it."""
        for name in self.members(table):
            row = self.stores[name].get(sys_id)
            if row is not None and (table not in _HOMES or row.get("sys_class_name") == table):
                return row
        return None

    def home(self, table: str, sys_id: str) -> str:
        """The table the row stands in."""
        return next((name for name in self.members(table) if self.stores[name].get(sys_id) is not None), table)

    def reader(self, table: str, one: Handle) -> Callable[[str], str | None]:
        """The raw value of a field or of a dot-walk; journals are empty in the row itself."""

        def get(name: str) -> str | None:
            first, _, rest = name.partition(".")
            value = "" if first in JOURNALS and table != "sys_journal_field" else one.get(first)
            return self.walked(table, first, value, rest) if rest else value

        return get

    def walked(self, table: str, name: str, value: str, rest: str) -> str:
        """The field `rest` of the row that a reference leads to; "" where there is none."""
        one = TABLES[table].fields.get(name)
        to = target(name, one) if one is not None else ""
        row = self.get(to, value) if to in TABLES and value else None
        if row is None:
            return ""
        first, _, more = rest.partition(".")
        return self.walked(to, first, row.get(first, ""), more) if more else row.get(first, "")

    def known(self, table: str, name: str) -> bool:
        """Whether the field, or the whole dot-walk, exists."""
        first, _, rest = name.partition(".")
        one = TABLES[table].fields.get(first)
        if one is None or not rest:
            return one is not None
        to = target(first, one)
        return to in TABLES and self.known(to, rest)

    def visible(self, table: str, one: Handle) -> bool:
        """Row ACLs."""
        if not self.hidden:
            return True
        if one.sys_id in self.hidden:
            return False
        if table == "sys_journal_field" and self.switches.journals_follow_acl:
            return one.get("element_id") not in self.hidden
        if table == "sys_attachment" and self.switches.files_follow_acl:
            return one.get("table_sys_id") not in self.hidden
        return True

    def arrive(self, *, whole: bool) -> None:
        """The answer under way has arrived, or was damaged so that nobody can read it."""
        if whole:
            self.shown |= self.showing
        self.showing = set()

    def new_id(self) -> str:
        self.made += 1
        return f"{mix(self.seed, self.made, 100):016x}{mix(self.made, self.seed, 101):016x}"

    def insert(self, table: str, values: Row, by: str = INTEGRATION, *, quiet: bool = False) -> Row:
        """A new row, now."""
        now = stamp(self.clock.second())
        known = {"sys_id": values.get("sys_id") or self.new_id()}
        fields = TABLES[table].fields
        system = {"sys_created_on": now, "sys_created_by": by, "sys_updated_on": now, "sys_updated_by": by, "sys_mod_count": "0"}
        row = made(table, {name: value for name, value in system.items() if name in fields} | values | known)
        self.store(table).put(row)
        if not quiet:
            self.heard(table, row, "insert")
        return row

    def change(self, table: str, sys_id: str, values: Row, by: str = "system") -> Row:
        """Some fields of a row: it is a little newer and changed once more. Raises KeyError when there is no such row."""
        row = self.get(table, sys_id)
        if row is None:
            raise KeyError(sys_id)
        row = dict(row) | values
        row |= {"sys_updated_on": stamp(self.clock.second()), "sys_updated_by": by,
                "sys_mod_count": str(int(row.get("sys_mod_count") or 0) + 1)}  # fmt: skip
        self.store(self.home(table, sys_id)).put(row)
        self.heard(table, row, "update")
        return row

    def journal(self, table: str, sys_id: str, element: str, text: str, by: str) -> Row:
        """A comment or work note: the record changes with it. Raises KeyError when there is no such record."""
        if self.switches.comments_stripped:
            text = _HIDDEN.sub("", text)
        entry = self.insert("sys_journal_field", {
            "name": table, "element": element, "element_id": sys_id, "value": text}, by, quiet=True)  # fmt: skip
        self.change(table, sys_id, {}, by)
        return entry

    def entries(self, sys_id: str) -> list[Row]:
        """Of a record, oldest first."""
        rows = [one.row for _, group in self.stores["sys_journal_field"].walk("element_id", sys_id, sys_id) for one in group]
        return sorted(rows, key=lambda row: (row["sys_created_on"], row["sys_id"]))

    def files(self, sys_id: str) -> list[Row]:
        rows = [one.row for _, group in self.stores["sys_attachment"].walk("table_sys_id", sys_id, sys_id) for one in group]
        return sorted(rows, key=lambda row: (row["sys_created_on"], row["sys_id"]))

    def remove(self, table: str, sys_id: str, *, audited: bool = True) -> None:
        """Delete a record, with what belongs to it by the switch. Raises KeyError when there is none."""
        home = self.home(table, sys_id)
        entries, files = self.entries(sys_id), self.files(sys_id)
        row = self.store(home).drop(sys_id)
        if row is None:
            raise KeyError(sys_id)
        if self.switches.delete_takes_journals:
            self._drop_parts(entries, files)
        self.deleted[sys_id] = (home, row, entries, files)
        if audited and self.switches.audit_delete != "not_audited":
            self._audit(row.get("sys_class_name") or home, row)
        self.heard(home, row, "delete")

    def _drop_parts(self, entries: Iterable[Row], files: Iterable[Row]) -> None:
        for one in entries:
            self.stores["sys_journal_field"].drop(one["sys_id"])
        for one in files:
            self.stores["sys_attachment"].drop(one["sys_id"])

    def _audit(self, table: str, row: Row) -> None:
        self.insert("sys_audit_delete", {
            "tablename": table, "documentkey": row["sys_id"], "display_value": row.get("number") or row.get("name", "")}, quiet=True)  # fmt: skip

    def undelete(self, sys_id: str) -> None:
        """The same sys_id again, with what belonged to it. Raises KeyError for what was not deleted."""
        home, row, entries, files = self.deleted.pop(sys_id)
        if self.switches.undelete_moves:
            row = row | {"sys_updated_on": stamp(self.clock.second()), "sys_mod_count": str(int(row["sys_mod_count"] or 0) + 1)}
        self.store(home).put(row)
        for one in entries:
            self.stores["sys_journal_field"].put(one)
        for one in files:
            self.stores["sys_attachment"].put(one)
        self.heard(home, row, "insert")

    def archive(self, sys_id: str) -> None:
        """Move an incident to ar_incident. Raises KeyError when there is none."""
        entries, files = self.entries(sys_id), self.files(sys_id)
        row = self.stores["incident"].drop(sys_id)
        if row is None:
            raise KeyError(sys_id)
        if self.switches.archive_takes_journals:
            self._drop_parts(entries, files)
        self.archived[sys_id] = entries
        self.stores["ar_incident"].put(row)
        if self.switches.archive_in_audit:
            self._audit("incident", row)

    def some(self, table: str, count: int, seed: int) -> list[str]:
        """So many rows of a table at random, each once."""
        store, dice = self.store(table), random.Random(seed)
        shelf, found = store.shelf, list(store.rows)
        if shelf is not None and len(shelf):
            places = dice.sample(range(len(shelf)), min(len(shelf), count * 2))
            found += [one for one in map(shelf.id_at, places) if one not in store.gone]
        dice.shuffle(found)
        return found[:count]

    def person(self, user_name: str) -> str:
        """The name of whoever signs in so; the sign-in where nobody does."""
        found = self.account(user_name)
        return found["name"] if found is not None and found["name"] else user_name

    def account(self, user_name: str) -> Row | None:
        """The row of sys_user."""
        try:
            groups = list(self.stores["sys_user"].walk("user_name", user_name, user_name))
        except LookupError:
            return None
        return next((one.row for _, group in groups for one in group), None)
