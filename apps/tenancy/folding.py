"""Fold a pg_dump of one schema into fewer statements that make the same catalogue.

pg_dump spreads a table over a dozen statements, and every ALTER locks the table and reads its description again: a
tenth of the time it takes to open a company. Here a table and its keys become one CREATE TABLE, rights one GRANT for
many tables. A statement of another form passes through unchanged, after the tables and before the walls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

OWNER = "deskhand_owner"
_NAME = r"(@schema@\.\S+)"
_TABLE = re.compile(rf"CREATE TABLE {_NAME} \(\n(.*)\n\)", re.DOTALL)
_ALTER = re.compile(rf"ALTER TABLE (?:ONLY )?{_NAME}\s+(.*)", re.DOTALL)
_IDENTITY = re.compile(r"ALTER COLUMN (\S+) ADD (GENERATED .* AS IDENTITY \(.*\))", re.DOTALL)
_CONSTRAINT = re.compile(r"ADD (CONSTRAINT .*)", re.DOTALL)
_REFERENCES = re.compile(r" FOREIGN KEY .* REFERENCES (@schema@\.[^\s(]+)\(")
_POLICY = re.compile(rf"CREATE POLICY \S+ ON {_NAME} ")
_ROWS = re.compile(rf"INSERT INTO {_NAME} ")
_GRANT = re.compile(r"GRANT (\S+) ON (TABLE|SEQUENCE) (\S+) TO (\S+)")
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX ")
_SECURITY = ("ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY")


@dataclass
class Table:
    """What a CREATE TABLE can say, and what must follow it."""

    name: str
    lines: list[str]
    keys: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    security: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    has_rows: bool = False

    def identity(self, column: str, generated: str) -> None:
        place = next(number for number, line in enumerate(self.lines) if line.startswith(f"{column} "))
        self.lines[place] += f" {generated}"

    def create(self, foreign: list[str]) -> str:
        body = ",\n".join(f"    {line}" for line in [*self.lines, *self.keys, *foreign])
        return f"CREATE TABLE {self.name} (\n{body}\n)"


@dataclass
class Parts:
    """A dump, sorted by what a statement does."""

    first: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    indexes: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    grants: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)


def fold(dump: str) -> str:
    """The dump (with marks, schema then rows) as fewer statements. Replaying either makes equal schemas."""
    parts = Parts()
    for statement in re.split(r";\n", dump):
        if statement.strip():
            _sort(parts, statement.strip())
    return "".join(f"{statement};\n" for statement in _statements(parts))


def _sort(parts: Parts, statement: str) -> None:
    if statement.endswith(f" OWNER TO {OWNER}"):
        return  # who creates is the owner: the first statement sees to that
    if statement.startswith(("CREATE SCHEMA ", "GRANT USAGE ON SCHEMA ")):
        parts.first.append(statement)
    elif match := _TABLE.fullmatch(statement):
        parts.tables[match[1]] = Table(match[1], [line.strip() for line in match[2].split(",\n")])
    elif (match := _ALTER.fullmatch(statement)) and _alter(parts.tables[match[1]], match[2]):
        return
    elif _INDEX.match(statement):
        parts.indexes.append(statement)
    elif match := _POLICY.match(statement):
        parts.tables[match[1]].policies.append(statement)
    elif match := _GRANT.fullmatch(statement):
        parts.grants.setdefault((match[1], match[2], match[4]), []).append(match[3])
    elif match := _ROWS.match(statement):
        parts.tables[match[1]].has_rows = True
        parts.rows.append(statement)
    elif "pg_catalog.setval(" in statement:
        parts.rows.append(statement)
    else:
        parts.others.append(statement)


def _alter(table: Table, change: str) -> bool:
    """Whether the change was taken into the table."""
    if change in _SECURITY:
        table.security.append(change)
    elif match := _IDENTITY.fullmatch(change):
        table.identity(match[1], " ".join(match[2].split()))
    elif match := _CONSTRAINT.fullmatch(change):
        (table.foreign if _REFERENCES.search(match[1]) else table.keys).append(match[1])
    else:
        return False
    return True


def _statements(parts: Parts) -> Iterator[str]:
    yield f"SET LOCAL ROLE {OWNER}"
    yield from parts.first
    made: set[str] = set()
    late: list[str] = []
    for table in _ordered(parts.tables):
        made.add(table.name)
        # Rows checked one by one at commit would cost more than one look at all of them, when they are in.
        ready = [key for key in table.foreign if not table.has_rows and _target(key) in made]
        late += [f"ALTER TABLE ONLY {table.name}\n    ADD {key}" for key in table.foreign if key not in ready]
        yield table.create(ready)
    yield from parts.indexes
    yield from parts.rows
    yield from late
    yield from parts.others
    for (rights, kind, role), names in parts.grants.items():
        yield f"GRANT {rights} ON {kind} {', '.join(names)} TO {role}"
    for table in parts.tables.values():
        yield from table.policies
    for table in parts.tables.values():  # last: with row security on, every look at a table reads its policies too
        if table.security:
            yield f"ALTER TABLE {table.name} {', '.join(table.security)}"


def _ordered(tables: dict[str, Table]) -> list[Table]:
    """Tables after those their foreign keys name, as far as there is no circle."""
    placed: dict[str, Table] = {}
    begun: set[str] = set()

    def place(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        for target in map(_target, tables[name].foreign):
            if target in tables:
                place(target)
        placed[name] = tables[name]

    for name in tables:
        place(name)
    return list(placed.values())


def _target(key: str) -> str:
    """The table a foreign key names."""
    match = _REFERENCES.search(key)
    return match[1] if match else ""
