"""A live look at an instance: who we are, what we may read, and whether its answers can be believed. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.core.errors import CredentialsRejected, ExternalError, NotFound
from apps.platforms.abilities import ABILITIES, Ability, AbilityName
from apps.platforms.adapters.servicenow import payloads as wire
from apps.platforms.adapters.servicenow import query
from apps.platforms.adapters.servicenow.client import ServiceNowClient
from apps.platforms.adapters.servicenow.config import CASE, INCIDENT, ServiceNowConfig
from apps.platforms.adapters.servicenow.gone import TABLE as DELETIONS
from apps.platforms.adapters.servicenow.knowledge import TABLE as ARTICLES
from apps.platforms.adapters.servicenow.reference import PRIMARY, languages, statuses
from apps.platforms.adapters.servicenow.threads import FILES, JOURNAL
from apps.platforms.adapters.servicenow.tickets import is_absent
from apps.platforms.base import CheckReport

NOBODY = "deskhand-no-such-value"
LATE = "2999-01-01 00:00:00"
# Every field that a walk goes by, with a literal that no row has: a row that comes all the same shows that it was dropped.
FILTERS: dict[str, tuple[str, ...]] = {
    INCIDENT: ("sys_id=" + NOBODY, "sys_updated_on>=" + LATE),
    JOURNAL: ("element_id=" + NOBODY, "name=" + NOBODY, "element=" + NOBODY, "sys_created_on>=" + LATE),
    FILES: ("table_sys_id=" + NOBODY, "table_name=" + NOBODY, "sys_updated_on>=" + LATE),
    ARTICLES: ("sys_id=" + NOBODY, "workflow_state=" + NOBODY, "sys_updated_on>=" + LATE),
    DELETIONS: ("sys_id=" + NOBODY, "tablename=" + NOBODY, "sys_created_on>=" + LATE),
}
# By what rows of a large table are found quickly: the others are asked for with a row that is there, never alone.
KEYS = {JOURNAL: "element_id", FILES: "table_sys_id"}
_LOOKED_AT = 3  # rows whose own time is asked for: one may change between two calls
_TRIED: dict[AbilityName, str] = {
    "thread_feed": JOURNAL, "delete_feed": DELETIONS, "kb_feed": ARTICLES, "articles": ARTICLES,
    "translations": ARTICLES, "agents": "sys_user_grmember", "archive_lookup": "ar_incident", "cases": CASE,
}  # fmt: skip
_DOCUMENTED: dict[AbilityName, int | None] = {"signed_push": None, "per_ticket_thread_cost": 3}
_WARNED = {
    "thread_feed": "journals_unreadable", "delete_feed": "deletions_unreadable", "agents": "agents_unreadable",
}  # fmt: skip


@dataclass(slots=True)
class Look:
    """What is found on the way. `states` of tables: tried, access_denied, not_found, no_rows; `keys` of a row of each."""

    states: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


async def check(client: ServiceNowClient, config: ServiceNowConfig) -> CheckReport:
    """Raises ExternalError(code="zone_shifted") where times that are asked for are not those of the database."""
    look = Look()
    if INCIDENT in config.table_names:  # without them there is nothing to read
        rows = await client.page(INCIDENT, query.ordered("sys_id"), wire.Record, limit=1)
        if rows.all:
            look.keys[INCIDENT] = f"sys_id={rows.all[0].sys_id}"
    await _same_zone(client, config.table_names)
    for table in dict.fromkeys((*_TRIED.values(), "sys_user", "user_criteria", "kb_uc_can_read_mtom", "kb_uc_cannot_read_mtom")):
        look.states[table] = await _try(client, look, table)
    await _no_filter_dropped(client, look)
    me = await _me(client, config)
    found = abilities(look.states)
    look.warnings += [_WARNED[one.name] for one in found if one.name in _WARNED and (one.state == "no" or one.name == "thread_feed" and one.state != "yes")]
    if any(look.states[table] == "access_denied" for table in ("user_criteria", "kb_uc_can_read_mtom", "kb_uc_cannot_read_mtom")):
        look.warnings.append("criteria_unreadable")
    if await _drops_unknown(client):
        look.warnings.append("unknown_parts_dropped")
    return CheckReport(
        account=_account(client), agent_name=me.name if me else config.user, agent_email=(me.email or None) if me else None,
        ticket_scope="unknown", calls_per_minute=client.rate.total, primary_language=PRIMARY, languages=await languages(client),
        statuses=tuple(await statuses(client, config.table_names)), abilities=found, warnings=tuple(look.warnings),
        tickets=await _count(client, config.table_names),
    )  # fmt: skip


def _account(client: ServiceNowClient) -> str:
    return f"{client.target.host}:{client.target.port}" if client.target.trusted else client.target.host


async def _same_zone(client: ServiceNowClient, tables: Sequence[str]) -> None:
    """A row is asked for by its own time: where it is not found, every window would miss what lies in the shift."""
    seen = 0
    for table in (*tables, "sys_user"):
        try:
            rows = await client.page(table, query.ordered("sys_updated_on"), wire.Changed, limit=_LOOKED_AT)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
            continue
        for row in rows.good:
            seen += 1
            own = query.joined(f"sys_updated_on={query.stamp(row.sys_updated_on)}", f"sys_id={row.sys_id}", query.ordered("sys_id"))
            if (await client.page(table, own, wire.Record, limit=1)).all:
                return
        if seen:
            break
    if seen:
        raise ExternalError("times are read in another zone: set the zone of the user we sign in with to GMT", code="zone_shifted")


async def _try(client: ServiceNowClient, look: Look, table: str) -> str:
    """Whether a table can be read. Rows that are there and hidden are none; none at all cannot be told from that."""
    by = KEYS.get(table, "sys_id")
    shape: type[wire.Record] = wire.JournalPlace if table == JOURNAL else wire.AttachmentPlace if table == FILES else wire.Record
    try:
        rows = await client.page(table, query.ordered(by), shape, limit=100)
    except CredentialsRejected as exc:
        if exc.code != "access_denied":
            raise
        return "access_denied"
    except NotFound:
        return "not_found"
    except ExternalError as exc:
        if not is_absent(exc):
            raise
        return "not_found"
    if rows.good:
        look.keys[table] = f"{by}={query.value(str(getattr(rows.good[-1], by)))}"
        return "tried"
    return "access_denied" if rows.total else "no_rows"


async def _no_filter_dropped(client: ServiceNowClient, look: Look) -> None:
    """Raises ExternalError where a part of our own queries is dropped: the walks would never end."""
    for table, (first, *others) in FILTERS.items():
        if table not in look.keys:
            continue
        for part in (first, *[f"{look.keys[table]}^{one}" for one in others]):
            full = query.joined(part, query.ordered(KEYS.get(table, "sys_id")))
            if (await client.page(table, full, wire.Record, limit=1)).all:
                raise ExternalError("the instance drops a part of our queries", code="query_ignored")


async def _drops_unknown(client: ServiceNowClient) -> bool:
    """As instances come: a part of a query that names no field is left out, and more rows come than were asked for."""
    try:
        rows = await client.page("sys_user", query.joined("u_deskhand_no_such_field=1", query.ordered("sys_id")), wire.Record, limit=1)
    except (ExternalError, NotFound) as exc:
        if not is_absent(exc):
            raise
        return False
    return bool(rows.all)


async def _me(client: ServiceNowClient, config: ServiceNowConfig) -> wire.User | None:
    """Who we are there, where we sign in by name."""
    if not config.user:
        return None
    try:
        rows = await client.page("sys_user", query.joined(f"user_name={query.value(config.user)}", query.ordered("sys_id")), wire.User, limit=1)
    except (ExternalError, NotFound) as exc:
        if not is_absent(exc):
            raise
        return None
    return rows.good[0] if rows.good and rows.good[0].user_name == config.user else None


async def _count(client: ServiceNowClient, tables: Sequence[str]) -> int | None:
    total: int | None = None
    for table in tables:
        try:
            found = await client.count(table)
        except (ExternalError, NotFound) as exc:
            if not is_absent(exc):
                raise
            continue
        total = (total or 0) + found if found is not None else total
    return total


def abilities(states: dict[str, str]) -> tuple[Ability, ...]:
    """(pure) Every ability of the contract."""
    return tuple([_ability(name, states) for name in ABILITIES])


def _ability(name: AbilityName, states: dict[str, str]) -> Ability:
    if name in _DOCUMENTED:
        return Ability(name=name, state="yes", reason="documented", value=_DOCUMENTED[name])
    if name not in _TRIED:
        return Ability(name=name, state="no", reason="not_used" if name in ("time_entries", "ratings", "bulk_export") else "not_offered")
    found = states.get(_TRIED[name], "not_found")
    return Ability(name=name, state={"tried": "yes", "no_rows": "unknown"}.get(found, "no"), reason=found)  # type: ignore[arg-type]
