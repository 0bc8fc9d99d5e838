"""The serving database backend: the company is bound inside every transaction and nowhere else (decisions 6, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.backends.postgresql.base import Cursor, ServerBindingCursor
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.utils import debug_transaction
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsWrapper
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import Escaping, ExecStatus, TransactionStatus

from apps.core.audit import recording
from apps.tenancy.alarms import alarm
from apps.tenancy.context import Binding, CompanySwitch, current_binding
from apps.tenancy.names import schema_of

# pg_temp last: a temporary table one company left behind must not shadow a real table for the next.
# SET and not set_config(): the login may not call that one, for an injected expression could bind anew (decision 0036).
BIND = b"SET LOCAL search_path TO %s, pg_temp; SET LOCAL app.company_id TO %s"
# A query at the end: until there has been one, SET TRANSACTION READ WRITE would be the way back.
READ_ONLY = b"SET TRANSACTION READ ONLY; %s; SELECT"
FORGET = b"SET LOCAL search_path TO pg_catalog; SET LOCAL app.company_id TO ''"

PREPARE_AFTER = 5  # psycopg's default; DB_PREPARED=False for a PgBouncer that cannot keep statements


def bind(connection: Connection[Any], binding: Binding) -> None:
    """Bind the open transaction, or open one that is bound: one message, because every request sends it.

    Schema and company come from two sources and go to the database as they are: where they disagree it shows
    nothing, and the operator is told (ISO-3).
    """
    if binding.schema != schema_of(binding.company_id):
        alarm("schema_company", schema=binding.schema)
    quote = Escaping(connection.pgconn)
    text = BIND % (quote.escape_identifier(binding.schema.encode()), quote.escape_literal(binding.company_id.encode()))
    if _only_reads(binding):
        text = READ_ONLY % text
    idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
    _send(connection, _begin(connection) + text if idle else text)


def _only_reads(binding: Binding) -> bool:
    """A support visit changes nothing, but what it looked at is written to the audit trail."""
    return binding.read_only and not recording.get()


def _begin(connection: Connection[Any]) -> bytes:
    level = connection.isolation_level
    return b"BEGIN; " if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}; ".encode()


def _send(connection: Connection[Any], text: bytes) -> None:
    """Statements without parameters or results, straight through libpq. Raises psycopg's error when one fails."""
    result = connection.pgconn.exec_(text)
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise error_from_result(result, encoding=connection.info.encoding)


class OneStatement:
    """What is executed is one statement: the server refuses a second one behind a semicolon (decision 0036)."""

    def _execute_send(self, query: Any, *, force_extended: bool = False, **options: Any) -> None:
        # The simple protocol takes several statements, and costs less; without a semicolon there is only one.
        super()._execute_send(query, force_extended=force_extended or b";" in query.query, **options)  # type: ignore[misc]


class PlainCursor(OneStatement, Cursor):
    """Django's own, parameters put into the text."""


class PreparedCursor(OneStatement, ServerBindingCursor):
    """Parameters travel apart from the text, and the server keeps the plan of a statement a company asks often.

    A plan is made for one search path, and PostgreSQL makes it anew after a change of company. So every company has
    plans of its own, told apart by a remark behind the text; a connection keeps psycopg's hundred most used ones, and
    a company that asks rarely gets none, which costs what making a plan anew costs.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        binding = current_binding()
        return super().execute(f"{query} /* {binding.schema} */" if binding else query, params, **options)


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
        if self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
            with self._connection.transaction():
                bind(self._connection, self._binding)
                return statement(*args, **kwargs)
        try:
            bind(self._connection, self._binding)
            result = statement(*args, **kwargs)
        except BaseException:
            if not self._connection.closed:
                _send(self._connection, b"ROLLBACK")
            raise
        _send(self._connection, b"COMMIT")
        return result

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
        self._preparing = False
        super().__init__(*args, **kwargs)
        self.introspection = DatabaseIntrospection(self)

    def connect(self) -> None:
        self._connecting = True  # Django asks the server questions while connecting; they need no company
        try:
            super().connect()
        finally:
            self._connecting = False

    def get_connection_params(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_connection_params()
        if "prepare_threshold" not in self.settings_dict["OPTIONS"]:
            found["prepare_threshold"] = PREPARE_AFTER  # for PreparedCursor: Django's own puts parameters into the text
        found["cursor_factory"] = PlainCursor
        return found

    def _configure_timezone(self, connection: Any) -> bool:
        """As Django's, which calls set_config(). Returns False: libpq opens no transaction, there is none to commit."""
        if connection.info.parameter_status("TimeZone") != self.timezone_name:
            quote = Escaping(connection.pgconn).escape_literal
            _send(connection, b"SET TIME ZONE " + quote(self.timezone_name.encode()))
        return False

    def prepared_cursor(self) -> Any:
        """cursor() for the compiled SQL of hot reads: bound, wrapped and logged like any other."""
        self._preparing = True
        try:
            return self.cursor()
        finally:
            self._preparing = False

    def create_cursor(self, name: str | None = None) -> Any:
        if not self._preparing:
            return super().create_cursor(name)
        return PreparedCursor(self.connection)

    def _cursor(self, name: str | None = None) -> Any:
        cursor = PostgresWrapper._cursor(self, name)
        if self._connecting:
            return cursor
        binding = current_binding()
        if binding is None:
            self._discard_temporary()
        if not self.in_atomic_block:
            self._bound = None
            if binding is None:
                return cursor
            return self._debug_free(cursor, binding)
        if self._bound is not None and not _same(binding, self._bound):
            raise CompanySwitch("the company changed inside one transaction")
        if binding is not None and (self._bound is None or (_only_reads(binding) and not self._bound.read_only)):
            with self.wrap_database_errors:
                bind(self.connection, binding)
            self._bound = binding
        return cursor

    def _discard_temporary(self) -> None:
        """Who is bound to nobody has no path, and PostgreSQL then looks among temporary tables first.

        A bound transaction leaves none (our own end with it), unless somebody made it say so. Here and not when the
        connection goes back to its pool: there every request would pay for it.
        """
        if self.connection.pgconn.transaction_status != TransactionStatus.INERROR:
            with self.wrap_database_errors:
                _send(self.connection, b"DISCARD TEMP")

    def _debug_free(self, cursor: Any, binding: Binding) -> Any:
        """Django's wrapper stays outermost (its error translation and query log); ours goes under it."""
        cursor.cursor = BoundCursor(cursor.cursor, self.connection, binding)
        return cursor

    def _commit(self) -> None:
        self._bound = None
        if self.connection is None or self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
            _send(self.connection, b"COMMIT")

    def rollback(self) -> None:
        self._bound = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        self._bound = None  # the binding may have been inside the savepoint

    def close(self) -> None:
        self._bound = None
        super().close()

    def unbind(self) -> None:
        """Called when a binding ends: a transaction that goes on without it must see nothing."""
        if self._bound is not None and self.in_atomic_block and not self.needs_rollback:
            _send(self.connection, FORGET)
        self._bound = None


def _same(one: Binding | None, other: Binding) -> bool:
    return one is not None and (one.schema, one.company_id) == (other.schema, other.company_id)
