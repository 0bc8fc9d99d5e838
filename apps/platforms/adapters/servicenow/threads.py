"""Threads by table (contract 3.8): every entry and every file once, whole tickets at a time; then, for ever, what is new.

An entry does not say whose ticket it is in, only under which name it was written. So the walk reads ahead, thousands of
tickets in a call, who the customer of each is, and keeps of that a mark for each ticket: half of its cursor.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from pydantic import AwareDatetime

from apps.core.errors import ExternalError, NotFound
from apps.platforms.adapters.servicenow import displayed, mapping, query
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow.client import FIRST_SIZE, SIZE_MOST, Rows, ServiceNowClient
from apps.platforms.adapters.servicenow.config import CASE, INCIDENT
from apps.platforms.adapters.servicenow.journals import COMMENTS, ELEMENTS, Marks, Writers, thread
from apps.platforms.adapters.servicenow.sweep import Cut, Sweep, cut
from apps.platforms.adapters.servicenow.tickets import is_absent, row_of
from apps.platforms.adapters.servicenow.walk import END, OVERLAP, Keyset, Told, Window
from apps.platforms.base import Cursor
from apps.platforms.threaddata import AttachmentData, MessageData, ThreadData, ThreadPage

JOURNAL, FILES = "sys_journal_field", "sys_attachment"
AHEAD = 5000  # tickets whose customers are read in one call
DISPLAYED_SIZE = 200  # rows whose whole threads are displayed: heavy for the instance
STAFF_MOST = 2000  # names that a cursor keeps
R = TypeVar("R", bound=wire.Record)
_OF: dict[str, type[wire.Caller] | type[wire.Contact]] = {INCIDENT: wire.Caller, CASE: wire.Contact}
_TOLD: dict[str, type[wire.Told]] = {INCIDENT: wire.Told, CASE: wire.ToldCase}


class Block(Cursor):
    """Customers of some of a table's tickets, the last of them `upto`. `calls` says of a ticket and a name whether they belong together."""

    table: str
    keys: Keyset = Keyset()
    upto: str = ""
    calls: tuple[str, ...] = ()
    people: dict[str, str] = {}


class ThreadCursor(Cursor):
    phase: Literal["entries", "displayed", "files", "changes"] = "entries"
    tables: tuple[str, ...] = ()  # that are there; () = not asked yet
    began: AwareDatetime | None = None  # the instance's clock before the first page
    size: int = FIRST_SIZE
    sweep: Sweep = Sweep()
    keys: Keyset = Keyset()  # of a table whose threads are displayed
    turn: int = 0  # of `tables` where threads are displayed; of entries and files in what is new
    staff: dict[str, str] = {}
    blocks: tuple[Block, ...] = ()
    entries: Window | None = None
    files: Window | None = None


class Threads:
    """Reads them for one adapter."""

    def __init__(self, client: ServiceNowClient, tables: Sequence[str], marks: Marks) -> None:
        self._client, self._tables, self._marks = client, tables, marks

    async def step(self, at: ThreadCursor) -> ThreadPage:
        if at.began is None:
            at = await self._begin(at)
        if at.phase == "entries":
            return await self._entries(at)
        if at.phase == "displayed":
            return await self._displayed(at)
        return await (self._files(at) if at.phase == "files" else self._changes(at))

    async def _begin(self, at: ThreadCursor) -> ThreadCursor:
        staff: dict[str, str] = {}
        try:
            staff = {row.login: row.user async for row in self._client.every("sys_user_grmember", "", wire.Member) if row.login}
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
        began = self._client.server_time
        tables = [table for table in self._tables if table != CASE or await self._there(table)]
        kept = {"staff": staff if len(staff) <= STAFF_MOST else {}, "tables": tuple(tables), "began": began}
        return at.model_copy(update={**kept, "blocks": tuple([Block(table=table) for table in tables])})

    async def _there(self, table: str) -> bool:
        try:
            await self._client.page(table, query.ordered("sys_id"), wire.Record, limit=1)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
            return False
        return True

    async def _entries(self, at: ThreadCursor) -> ThreadPage:
        """A page of the journal, in whole threads. An account whose journal shows us nothing has it displayed."""
        rows = await self._page(JOURNAL, query.joined(_journal(at.tables), at.sweep.query("element_id")), wire.Journal, at)
        if rows is None or (not rows.all and at.sweep == Sweep()):
            closed = at.model_copy(update={"phase": "displayed", "blocks": (), "size": DISPLAYED_SIZE})
            return ThreadPage((), closed, True)
        found = cut(at.sweep, [(row.element_id, row.sys_id) for row in rows.good], rows.total, rows.limit)
        of = await self._whole(found, rows.good)
        at = await self._read_ahead(at, max(of, default=""))
        writers = Writers(self._marks, _callers(at.blocks, of), at.staff)
        items = [ThreadData(ticket_id=owner, messages=thread(of[owner], writers)) for owner in sorted(of) if query.is_id(owner)]
        if found.next is None:
            after = at.model_copy(update={"phase": "files", "sweep": Sweep(), "blocks": (), "staff": {}, "size": rows.next_limit})
            return ThreadPage(items, after, True, found.after, found.upto)
        kept = {"sweep": found.next, "blocks": _still_needed(at.blocks, found.next.key), "size": rows.next_limit}
        after = at.model_copy(update=kept)
        return ThreadPage(items, after, True, found.after, found.upto)

    async def _whole(self, found: Cut, rows: Sequence[wire.Journal]) -> dict[str, list[wire.Journal]]:
        of: dict[str, list[wire.Journal]] = defaultdict(list)
        for row in rows:
            if row.element_id in found.whole:
                of[row.element_id].append(row)
        if found.large:  # its first rows fill the page
            one = query.joined(_journal(self._tables), f"element_id={query.value(found.large)}")
            rest = self._client.every(JOURNAL, one, wire.Journal, limit=SIZE_MOST, after=rows[-1].sys_id)
            of[found.large] = [*rows, *[row async for row in rest]]
        return of

    async def _read_ahead(self, at: ThreadCursor, upto: str) -> ThreadCursor:
        """With the customers of all tickets up to that one."""
        blocks = list(at.blocks)
        for block in {one.table: one for one in at.blocks}.values():  # the last one of each table
            while block.upto < upto:
                block = await self._next_block(block)
                blocks.append(block)
        return at.model_copy(update={"blocks": tuple(blocks)})

    async def _next_block(self, block: Block) -> Block:
        shape, keys = _OF[block.table], block.keys
        rows = await self._client.page(block.table, keys.query(), shape, limit=AHEAD, offset=keys.offset, counted=keys.counts(AHEAD))
        after = keys.past(Told([row_of(one) for one in rows.all], rows.total, rows.limit))
        calls = tuple([_call(row.sys_id, row.login) for row in rows.good if row.login])
        people = {row.login: row.customer for row in rows.good if row.login}
        return Block(table=block.table, keys=after, upto=END if after.done else after.after, calls=calls, people=people)

    async def _displayed(self, at: ThreadCursor) -> ThreadPage:
        table = at.tables[at.turn]
        rows = await self._client.page(
            table, at.keys.query(), _TOLD[table], limit=at.size, offset=at.keys.offset, counted=at.keys.counts(at.size), display="all"
        )
        keys = at.keys.past(Told([row_of(one) for one in rows.all], rows.total, rows.limit))
        items = self._shown(rows.good)
        if not keys.done:
            return ThreadPage(items, at.model_copy(update={"keys": keys, "size": rows.next_limit}), True)
        if at.turn + 1 < len(at.tables):
            return ThreadPage(items, at.model_copy(update={"keys": Keyset(), "turn": at.turn + 1}), True)
        return ThreadPage(items, at.model_copy(update={"phase": "files", "turn": 0, "keys": Keyset(), "staff": {}}), True)

    def _shown(self, rows: Sequence[wire.Told]) -> list[ThreadData]:
        clock = displayed.clock_of(rows)
        return [ThreadData(ticket_id=row.sys_id, messages=displayed.thread(row, clock, self._marks)) for row in rows]

    async def _files(self, at: ThreadCursor) -> ThreadPage:
        rows = await self._page(FILES, query.joined(query.any_of("table_name", at.tables), at.sweep.query("table_sys_id")), wire.Attachment, at)
        if rows is None:
            return ThreadPage((), _changing(at), True)
        found = cut(at.sweep, [(row.table_sys_id, row.sys_id) for row in rows.good], rows.total, rows.limit)
        of: dict[str, list[wire.Attachment]] = defaultdict(list)
        for row in rows.good:
            if row.table_sys_id in found.whole:
                of[row.table_sys_id].append(row)
        if found.large:
            of[found.large] = [row for rows in (await self._files_of([found.large])).values() for row in rows]
        items = [ThreadData(ticket_id=owner, files=_attachments(of[owner])) for owner in sorted(of) if query.is_id(owner)]
        if found.next is None:
            return ThreadPage(items, _changing(at), True)
        return ThreadPage(items, at.model_copy(update={"sweep": found.next, "size": rows.next_limit}), True)

    async def _page(self, table: str, full: str, shape: type[R], at: ThreadCursor) -> Rows[R] | None:
        """A page of a sweep; None where the table is closed to us."""
        try:
            return await self._client.page(table, full, shape, limit=at.size, offset=at.sweep.offset, counted=at.sweep.counts(at.size))
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
            return None

    async def _changes(self, at: ThreadCursor) -> ThreadPage:
        """What is new: entries, then files; only which tickets they are of."""
        if at.turn == 0:
            found, window, more = await self._new(JOURNAL, _journal(at.tables), "sys_created_on", wire.JournalPlace, at.entries)
            owners = [row.element_id for row in found if isinstance(row, wire.JournalPlace)]
            after = at.model_copy(update={"entries": window, "turn": 0 if more else 1})
            return ThreadPage(_named(owners), after, True)
        found, window, more = await self._new(FILES, query.any_of("table_name", at.tables), "sys_updated_on", wire.AttachmentPlace, at.files)
        owners = [row.table_sys_id for row in found if isinstance(row, wire.AttachmentPlace)]
        return ThreadPage(_named(owners), at.model_copy(update={"files": window, "turn": 1 if more else 0}), more)

    async def _new(
        self, table: str, of: str, by: str, shape: type[wire.Record], window: Window | None
    ) -> tuple[list[wire.Record], Window, bool]:
        """Rows that were not told before. A table that is closed to us stays where it is: tickets change with their entries."""
        window = window or Window.of(self._client.server_time - OVERLAP)
        offset = window.crowd.offset if window.crowd is not None else window.offset
        try:
            rows = await self._client.page(table, query.joined(of, window.query(by)), shape, limit=SIZE_MOST, offset=offset)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
            return [], window, False
        told = Told([row_of(one) for one in rows.all], rows.total, rows.limit)
        after, more = window.past(told, self._client.server_time)
        fresh = window.fresh(told.rows)
        return [row for row in rows.good if row.sys_id in fresh], after, more

    async def read(self, ticket_ids: Sequence[str], tables: Sequence[str] = ()) -> list[ThreadData]:
        """Whole threads and files of those tickets that are there: three calls for forty of them, or a few more."""
        callers, told = await self._customers([one for one in ticket_ids if query.is_id(one)], tables or self._tables)
        found: list[ThreadData] = []
        for ids in query.in_lists(callers):
            messages = await self._messages(ids, callers, told)
            files = await self._files_of(ids)
            found += [ThreadData(ticket_id=one, messages=messages[one], files=_attachments(files.get(one, ()))) for one in ids]
        return found

    async def _customers(self, ids: Sequence[str], tables: Sequence[str]) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
        """{ticket: its customer's name and the customer}, {ticket: its table}, of those that are there."""
        callers: dict[str, tuple[str, str]] = {}
        told: dict[str, str] = {}
        for table in tables:
            for some in query.in_lists([one for one in ids if one not in told]):
                try:
                    async for row in self._client.every(table, query.any_of("sys_id", some), _OF[table.removeprefix("ar_")]):
                        callers[row.sys_id], told[row.sys_id] = (row.login, row.customer), table
                except (ExternalError, NotFound) as exc:
                    if table == INCIDENT or not is_absent(exc):
                        raise
        return callers, told

    async def _messages(self, ids: Sequence[str], callers: Mapping[str, tuple[str, str]], told: Mapping[str, str]) -> dict[str, tuple[MessageData, ...]]:
        of: dict[str, list[wire.Journal]] = defaultdict(list)
        every = query.joined(query.any_of("element", ELEMENTS), query.any_of("element_id", ids))
        try:
            async for row in self._client.every(JOURNAL, every, wire.Journal, limit=SIZE_MOST):
                of[row.element_id].append(row)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
        if not of:  # none there, or none for us: that looks the same
            return await self._display(ids, told)
        names = {row.sys_created_by for rows in of.values() for row in rows} - {callers[one][0] for one in ids}
        writers = Writers(self._marks, callers, await self._staff(names))
        return {one: thread(of[one], writers) for one in ids}

    async def _display(self, ids: Sequence[str], told: Mapping[str, str]) -> dict[str, tuple[MessageData, ...]]:
        found: dict[str, tuple[MessageData, ...]] = {one: () for one in ids}
        for table in dict.fromkeys(told[one] for one in ids):
            mine = query.any_of("sys_id", [one for one in ids if told[one] == table])
            shape = _TOLD[table.removeprefix("ar_")]
            rows = await self._client.page(table, query.joined(mine, query.ordered("sys_id")), shape, limit=len(ids), display="all")
            found |= {one.ticket_id: one.messages or () for one in self._shown(rows.good)}
        return found

    async def _staff(self, names: Iterable[str]) -> dict[str, str]:
        """{name: person} of those who write under these names."""
        found: dict[str, str] = {}
        plain = sorted(one for one in names if one and "," not in one)
        for some in query.in_lists(plain):
            try:
                every = self._client.every("sys_user", query.any_of("user_name", some), wire.User)
                found |= {row.user_name: row.sys_id async for row in every}
            except (ExternalError, NotFound) as exc:
                if not is_absent(exc):
                    raise
        return found

    async def _files_of(self, ids: Sequence[str]) -> dict[str, list[wire.Attachment]]:
        of: dict[str, list[wire.Attachment]] = defaultdict(list)
        try:
            async for row in self._client.every(FILES, query.any_of("table_sys_id", ids), wire.Attachment, limit=SIZE_MOST):
                of[row.table_sys_id].append(row)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
        return of


def _journal(tables: Sequence[str]) -> str:
    return query.joined(query.any_of("name", tables), query.any_of("element", ELEMENTS))


def _still_needed(blocks: Sequence[Block], key: str) -> tuple[Block, ...]:
    """Without those of tickets that are through; of each table the last one says where to read on."""
    last = {one.table: one for one in blocks}
    bare = [one.model_copy(update={"calls": (), "people": {}}) for one in last.values() if one.upto < key]
    return (*bare, *[one for one in blocks if one.upto >= key])


def _changing(at: ThreadCursor) -> ThreadCursor:
    """All is read: from here on only what came since the walk began."""
    window = Window.of((at.began or wire.NEVER) - OVERLAP)
    return ThreadCursor(phase="changes", tables=at.tables, began=at.began, entries=window, files=window)


def _attachments(rows: Iterable[wire.Attachment]) -> tuple[AttachmentData, ...]:
    return tuple(mapping.attachment(row) for row in sorted(rows, key=lambda row: row.sys_id))


def _named(owners: Iterable[str]) -> list[ThreadData]:
    return [ThreadData(ticket_id=one) for one in dict.fromkeys(owners) if query.is_id(one)]


def _call(ticket_id: str, login: str) -> str:
    return hashlib.sha256(f"{ticket_id}|{login}".encode()).hexdigest()[:10]


def _callers(blocks: Sequence[Block], of: Mapping[str, Sequence[wire.Journal]]) -> dict[str, tuple[str, str]]:
    """{ticket: its customer's name and the customer}, of those whose customer wrote in them."""
    calls = {one for block in blocks for one in block.calls}
    people = {name: person for block in blocks for name, person in block.people.items()}
    found: dict[str, tuple[str, str]] = {}
    for owner, rows in of.items():
        for name in {row.sys_created_by for row in rows if row.element == COMMENTS and row.sys_created_by}:
            if _call(owner, name) in calls:
                found[owner] = (name, people.get(name, ""))
    return found


