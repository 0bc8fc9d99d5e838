"""Connect a company to its helpdesk: check the key live, then store it sealed."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from pydantic import SecretStr, ValidationError

from apps.core.errors import BadInput, Conflict
from apps.platforms.base import CheckReport, PlatformAdapter, Reference
from apps.platforms.models import Connection, Group, Person
from apps.platforms.registry import adapter_class


def open_adapter(connection: Connection) -> PlatformAdapter:
    """The adapter of a stored connection; use it inside one event loop with `async with`."""
    adapter = adapter_class(connection.platform)
    config = adapter.Config.model_validate(connection.config | connection.secrets())
    return build(adapter, config)


def build(adapter: type[PlatformAdapter], config: Any) -> PlatformAdapter:
    return adapter(config, allow_hosts=settings.EGRESS_ALLOW_HOSTS)  # type: ignore[call-arg]


def connect(*, platform: str, options: dict[str, str]) -> tuple[Connection, CheckReport]:
    """Check the account with a live call and store the connection. Nothing is stored when the check fails.

    Connecting the same account again replaces its key. Raises BadInput for wrong options, the adapter's
    errors for a wrong key or an unreachable helpdesk.
    """
    adapter = adapter_class(platform)
    try:
        config = adapter.Config.model_validate(options)
    except ValidationError as exc:
        wrong = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors())
        raise BadInput(f"These options do not fit {adapter.label}: {wrong}", code="options_invalid") from exc
    report, reference = asyncio.run(_look(adapter, config))
    with transaction.atomic():
        connection = _store(platform, config, report, reference)
        store_reference(connection, reference)
    return connection, report


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
    connection.calls_per_minute = report.calls_per_minute
    connection.statuses = [status.model_dump(mode="json") for status in reference.statuses]
    connection.primary_language = reference.primary_language
    connection.languages = list(reference.languages)
    connection.save()
    return connection


def store_reference(connection: Connection, reference: Reference) -> None:
    """Groups and agents of the account, in the caller's transaction."""
    Group.objects.bulk_create(
        [Group(connection=connection, remote_id=group.remote_id, name=group.name) for group in reference.groups],
        update_conflicts=True,
        unique_fields=["connection", "remote_id"],
        update_fields=["name"],
    )
    agents = [
        Person(
            connection=connection, remote_id=agent.remote_id, kind=Person.Kind.AGENT, name=agent.name,
            email=(agent.email or "").lower(), language=agent.language or "",
        )
        for agent in reference.agents
    ]  # fmt: skip
    Person.objects.bulk_create(
        agents,
        update_conflicts=True,
        unique_fields=["connection", "remote_id"],
        update_fields=["kind", "name", "email", "language"],
    )
