"""How far every company's schema is, asked in one query, and what of this release it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.migrations.loader import MigrationLoader
from psycopg import Connection

from apps.tenancy.migrating import company_of
from apps.tenancy.rls import EXEMPT

Key = tuple[str, str]  # app, name
UNFINISHED = "being migrated"  # comment of a schema between its migrations and its walls

# ts_stat is PostgreSQL's own way to run a query it is told in a text: so one statement reads a table of every schema,
# without a function to be created first. The words of the vector are the migrations.
_STATES = r"""
WITH unwalled AS MATERIALIZED (
    SELECT DISTINCT relnamespace FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity) AND relname <> ALL (%s))
SELECT n.nspname,
  n.oid IN (SELECT relnamespace FROM unwalled) OR coalesce(obj_description(n.oid, 'pg_namespace') = %s, false),
  coalesce(array_agg(found.word) FILTER (WHERE found.word IS NOT NULL), '{}')
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'django_migrations'
LEFT JOIN LATERAL ts_stat(format(
    'SELECT array_to_tsvector(array_agg(app || ''.'' || name)) FROM %%I.django_migrations', n.nspname)) found ON true
WHERE n.nspname LIKE 'c\_%%' GROUP BY n.oid, n.nspname ORDER BY n.nspname
"""


@dataclass(frozen=True, slots=True)
class State:
    """One company's schema: the migrations it has, and whether one was left between migrations and walls."""

    schema: str
    applied: frozenset[Key]
    unfinished: bool

    @property
    def company_id(self) -> str:
        return company_of(self.schema)


def read_states(connection: Connection) -> list[State]:
    """Every company's schema by name; the migrating login may read them all. One round trip."""
    rows = connection.execute(_STATES, [sorted(EXEMPT), UNFINISHED]).fetchall()
    return [State(schema, frozenset(_key(word) for word in words), unfinished) for schema, unfinished, words in rows]


class Release:
    """The migrations of this release."""

    def __init__(self) -> None:
        self._loader = MigrationLoader(None, ignore_no_migrations=True)

    def missing(self, state: State) -> frozenset[Key]:
        """What the company has yet to get. A squashed migration counts as there when all it replaces are there."""
        nodes = self._loader.graph.nodes
        lacking = nodes.keys() - state.applied
        return frozenset(key for key in lacking if not state.applied.issuperset(nodes[key].replaces or [key]))

    def unknown(self, state: State) -> frozenset[Key]:
        """What the company has and this release does not know: an older release is looking at a newer company."""
        return state.applied - self._loader.disk_migrations.keys()

    def migrations(self, keys: Iterable[Key]) -> list[object]:
        return [self._loader.disk_migrations[key] for key in keys]


def _key(word: str) -> Key:
    """Labels of apps hold no dot."""
    app, _, name = word.partition(".")
    return app, name
