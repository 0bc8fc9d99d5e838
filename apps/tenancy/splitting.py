"""Cut the template in two: what can be made before anybody knows the company, and what names it or lets somebody in."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from apps.tenancy.template import COMPANY_MARK

_TABLE = re.compile(r"(CREATE TABLE (\S+)) \(\n(.*)\n\)", re.DOTALL)
_BOTH = ("SET LOCAL ROLE ",)
# Nobody gets in before the company is known: neither into the schema nor, by a policy, at a row.
_LETS_IN = ("GRANT USAGE ON SCHEMA ", "CREATE POLICY ")
_ROWS = "INSERT INTO "  # of its own, also those that name nobody: migrations are applied when a company opens
# Rows come after the policies, for row security is in force by then; the door to the schema is opened last.
_ORDER = ("SET LOCAL ROLE ", "ALTER TABLE ", "CREATE POLICY ", "", _ROWS, "GRANT USAGE ON SCHEMA ")


@dataclass(frozen=True, slots=True)
class Halves:
    """`ahead` and then `rest` make what the whole template makes. `mark` tells halves of one template from others."""

    ahead: str
    rest: str
    mark: str


def split(text: str) -> Halves:
    """The template (with marks) in two. Raises ValueError where a table names the company other than in a constraint."""
    ahead: list[str] = []
    rest: list[str] = []
    for statement in filter(None, (part.strip() for part in re.split(r";\n", text))):
        if match := _TABLE.fullmatch(statement):
            head, name, body = match.groups()
            lines = [line.strip() for line in body.split(",\n")]
            named = [line for line in lines if COMPANY_MARK in line]
            ahead.append(_table(head, [line for line in lines if line not in named]))
            rest += [_constraint(name, line) for line in named]
        elif COMPANY_MARK in statement or statement.startswith((*_LETS_IN, _ROWS)):
            rest.append(statement)
        else:
            ahead.append(statement)
            if statement.startswith(_BOTH):
                rest.append(statement)
    first, second = (_joined(part) for part in (ahead, sorted(rest, key=_place)))
    return Halves(first, second, hashlib.sha256(f"{first}\0{second}".encode()).hexdigest())


def _table(head: str, lines: list[str]) -> str:
    body = ",\n".join(f"    {line}" for line in lines)
    return f"{head} (\n{body}\n)"


def _constraint(table: str, line: str) -> str:
    if not line.startswith("CONSTRAINT "):
        raise ValueError(f"{table} names the company outside a constraint: {line}")
    return f"ALTER TABLE {table} ADD {line}"


def _place(statement: str) -> int:
    return next((place for place, start in enumerate(_ORDER) if start and statement.startswith(start)), _ORDER.index(""))


def _joined(statements: list[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)
