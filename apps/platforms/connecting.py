"""Connect a company to its helpdesk: check the key live, then store it sealed."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pydantic import SecretStr, ValidationError

from apps.core.audit import record_on_commit
from apps.core.errors import AppError, BadInput, Conflict, CredentialsRejected, SealBroken
from apps.platforms.agents import map_agents
from apps.platforms.base import CheckReport, PlatformAdapter, Reference
from apps.platforms.budget import AccountGate, forget_refusal
from apps.platforms.models import Connection, Group, Person
from apps.platforms.probing import ProbeReport, Tell
from apps.platforms.products import name_products
from apps.platforms.registry import adapter_class
from apps.platforms.signals import accepted, refused
from apps.tenancy.context import current_binding

log = structlog.get_logger("deskhand.platforms")

# The account does not accept the key at all; other refusals are about one call.
KEY_CODES = frozenset({"credentials_rejected", "account_suspended"})
LAST_SHIPPED_STATUS = 7  # what has a higher number is the account's own


def open_adapter(connection: Connection, *, urgent: bool = False) -> PlatformAdapter:
    """The adapter of a stored connection, behind its account's budget; use it inside one event loop with `async with`.

    `urgent`: an agent waits for the answer, and background work makes room.
    """
    adapter = adapter_class(connection.platform)
    config = adapter.Config.model_validate(connection.config | connection.secrets(), context=told_by_site())
    return build(adapter, config, gate=AccountGate(connection.pk, urgent=urgent))


def told_by_site() -> dict[str, str]:
    """What a Config may ask the installation beside what was entered."""
    binding = current_binding()
    return {"json_store_root": settings.JSON_STORE_ROOT, "company": binding.company_id if binding else ""}


def build(adapter: type[PlatformAdapter], config: Any, **more: Any) -> PlatformAdapter:
    return adapter(config, allow_hosts=settings.EGRESS_ALLOW_HOSTS, **more)  # type: ignore[call-arg]


def stops_connection(error: AppError) -> bool:
    """Whether nothing of this connection will work until somebody acts."""
    return isinstance(error, SealBroken) or (isinstance(error, CredentialsRejected) and error.code in KEY_CODES)


def refuse(connection_id: UUID, code: str) -> None:
    """Stop the connection, with one notice however many workers find out: an audit entry, a line for the operator, word
    for whoever listens."""
    with transaction.atomic():
        active = Connection.objects.filter(pk=connection_id).exclude(state=Connection.State.REJECTED)
        if active.update(state=Connection.State.REJECTED, last_error=code[:60]):
            record_on_commit("connection_refused", subject=f"connection:{connection_id}", code=code[:60])
            refused.send(sender=Connection, connection_id=connection_id, code=code[:60])
            log.error("connection_refused", connection=str(connection_id), code=code[:60])


def connect(*, platform: str, options: dict[str, str]) -> tuple[Connection, CheckReport]:
    """Check the account with a live call and store the connection. Nothing is stored when the check fails.

    Connecting the same account again replaces its key. Raises BadInput for wrong options, the adapter's
    errors for a wrong key or an unreachable helpdesk.
    """
    adapter = adapter_class(platform)
    config = configured(adapter, options)
    report, reference = asyncio.run(_look(adapter, config))
    with transaction.atomic():
        connection = _store(platform, config, report, reference)
        store_reference(connection, reference)
        accepted.send(sender=Connection, connection_id=connection.pk)
    forget_refusal(connection.pk)
    return connection, report


def configured(adapter: type[PlatformAdapter], options: dict[str, str]) -> Any:
    """The adapter's Config of these options. Raises BadInput that says what does not fit."""
    try:
        return adapter.Config.model_validate(options, context=told_by_site())
    except ValidationError as exc:
        wrong = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors())
        raise BadInput(f"These options do not fit {adapter.label}: {wrong}", code="options_invalid") from exc


def probe(*, platform: str, options: dict[str, str], tell: Tell) -> ProbeReport:
    """Read an account, connected or not, and report what the contract could not prove; nothing is stored or changed."""
    adapter = adapter_class(platform)
    config = configured(adapter, options)
    return asyncio.run(adapter.probe_account(config, allow_hosts=settings.EGRESS_ALLOW_HOSTS, tell=tell))


async def _look(adapter: type[PlatformAdapter], config: Any) -> tuple[CheckReport, Reference]:
    async with build(adapter, config) as opened:
        return await opened.check(), await opened.fetch_reference()


def _store(platform: str, config: Any, report: CheckReport, reference: Reference) -> Connection:
    fields = config.model_dump(mode="python")
    secrets = {name: value.get_secret_value() for name, value in fields.items() if isinstance(value, SecretStr)}
    plain = {name: str(value) for name, value in fields.items() if name not in secrets and value is not None}
    account = report.account or urlsplit(plain.get("base_url", "")).netloc
    connection = Connection.objects.filter(account=account).first() or Connection(account=account, platform=platform)
    if connection.platform != platform:
        raise Conflict(f"{account} is connected as {connection.platform} already.", code="account_connected")
    connection.config = plain
    connection.set_secrets(secrets)
    connection.state = Connection.State.ACTIVE
    connection.last_error = ""
    _put_reference(connection, reference)
    _put_report(connection, report)
    connection.save()
    return connection


def _put_report(connection: Connection, report: CheckReport) -> None:
    connection.calls_per_minute = report.calls_per_minute
    connection.check_report = report_of(report)
    connection.checked_at = timezone.now()


def report_of(report: CheckReport) -> dict[str, Any]:
    """What is kept and shown of a check. Whose key it is, the account's own pages tell."""
    own = [status for status in report.statuses if isinstance(status.value, int) and status.value > LAST_SHIPPED_STATUS]
    return {
        "scope": report.ticket_scope,
        "languages": list(report.languages),
        "statuses": len(report.statuses),
        "own_statuses": len(own),
        "warnings": list(report.warnings),
        "tickets": report.tickets,
        "abilities": [one.model_dump(mode="json") for one in report.abilities],
    }


def _put_reference(connection: Connection, reference: Reference) -> None:
    connection.statuses = [status.model_dump(mode="json") for status in reference.statuses]
    connection.primary_language = reference.primary_language
    connection.languages = list(reference.languages)


def refresh_reference(connection: Connection, report: CheckReport, reference: Reference) -> None:
    """The account's small lists and what it lets us do, as they are now, in the caller's transaction."""
    _put_reference(connection, reference)
    _put_report(connection, report)
    connection.save(update_fields=[
        "statuses", "primary_language", "languages", "calls_per_minute", "check_report", "checked_at"
    ])  # fmt: skip
    store_reference(connection, reference)


def store_reference(connection: Connection, reference: Reference) -> None:
    """Groups, products and agents of the account, what those may see, and whom of us they are, in the caller's transaction."""
    Group.objects.bulk_create(
        [Group(connection=connection, remote_id=group.remote_id, name=group.name) for group in reference.groups],
        update_conflicts=True,
        unique_fields=["connection", "remote_id"],
        update_fields=["name"],
    )
    name_products(connection.pk, {one.remote_id: one.name for one in reference.products})
    groups = dict(Group.objects.filter(connection=connection).values_list("remote_id", "pk"))
    agents = [
        Person(
            connection=connection, remote_id=agent.remote_id, kind=Person.Kind.AGENT, name=agent.name,
            email=(agent.email or "").lower(), language=agent.language or "", scope=agent.scope, criteria=list(agent.criteria),
            groups=sorted(str(groups[one]) for one in agent.group_ids if one in groups),
        )
        for agent in reference.agents
    ]  # fmt: skip
    Person.objects.bulk_create(
        agents,
        update_conflicts=True,
        unique_fields=["connection", "remote_id"],
        update_fields=["kind", "name", "email", "criteria", "language", "scope", "groups"],
    )
    map_agents(connection=connection)
