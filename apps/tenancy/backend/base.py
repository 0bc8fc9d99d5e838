"""The serving database backend: the company is bound inside every transaction and nowhere else (decisions 6, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper

from apps.tenancy.context import Binding, CompanySwitch, current_binding

# pg_temp last: a temporary table one company left behind must not shadow a real table for the next.
BIND = "SELECT set_config('search_path', %s, true), set_config('app.company_id', %s, true)"
FORGET = "SELECT set_config('search_path', 'pg_catalog', true), set_config('app.company_id', '', true)"


def bind_parameters(binding: Binding) -> list[str]:
    """Parameters of BIND. The schema is quoted here because set_config takes the path as text."""
    return [f'"{binding.schema}", pg_temp', binding.company_id]


class BoundCursor:
    """A cursor outside atomic(): each statement runs as BEGIN, bind, statement, COMMIT."""

    def __init__(self, cursor: Any, connection: Any, binding: Binding) -> None:
        self._cursor = cursor
        self._connection = connection
        self._binding = binding

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(self._cursor.execute, args, kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(self._cursor.executemany, args, kwargs)

    def _run(self, statement: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self._connection.transaction():
            self._cursor.execute(BIND, bind_parameters(self._binding))
            return statement(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __enter__(self) -> BoundCursor:
        self._cursor.__enter__()
        return self

    def __exit__(self, *exc: Any) -> Any:
        return self._cursor.__exit__(*exc)


class DatabaseWrapper(TenantsWrapper):
    """Binds schema and company transaction-locally from the context; without a company nothing resolves.

    The login's default path is pg_catalog, so an unbound query fails with "relation does not exist".
    """

    introspection_class = DatabaseIntrospection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._bound: Binding | None = None
        self._connecting = False
        super().__init__(*args, **kwargs)
        self.introspection = DatabaseIntrospection(self)

    def connect(self) -> None:
        self._connecting = True  # Django asks the server questions while connecting; they need no company
        try:
            super().connect()
        finally:
            self._connecting = False

    def _cursor(self, name: str | None = None) -> Any:
        cursor = PostgresWrapper._cursor(self, name)
        if self._connecting:
            return cursor
        binding = current_binding()
        if not self.in_atomic_block:
            self._bound = None
            if binding is None:
                return cursor
            return self._debug_free(cursor, binding)
        if self._bound is not None and not _same(binding, self._bound):
            raise CompanySwitch("the company changed inside one transaction")
        if binding is not None and self._bound is None:
            with self.connection.cursor() as plain:
                plain.execute(BIND, bind_parameters(binding))
            self._bound = binding
        return cursor

    def _debug_free(self, cursor: Any, binding: Binding) -> Any:
        """Django's wrapper stays outermost (its error translation and query log); ours goes under it."""
        cursor.cursor = BoundCursor(cursor.cursor, self.connection, binding)
        return cursor

    def _commit(self) -> Any:
        self._bound = None
        return super()._commit()

    def rollback(self) -> None:
        self._bound = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        self._bound = None  # the set_config may have been inside the savepoint

    def close(self) -> None:
        self._bound = None
        super().close()

    def unbind(self) -> None:
        """Called when a binding ends: a transaction that goes on without it must see nothing."""
        if self._bound is not None and self.in_atomic_block and not self.needs_rollback:
            with self.connection.cursor() as plain:
                plain.execute(FORGET)
        self._bound = None


def _same(one: Binding | None, other: Binding) -> bool:
    return one is not None and (one.schema, one.company_id) == (other.schema, other.company_id)
