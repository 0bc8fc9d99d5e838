"""connect: give a company its helpdesk account."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.base import CommandParser

from apps.core.audit import record
from apps.ingest.streams import ensure_streams, hurry
from apps.platforms.connecting import connect
from apps.platforms.options import add_options, key_hint, read_options
from apps.platforms.registry import adapter_class
from apps.tenancy.commands import CompanyCommand


class Command(CompanyCommand):
    help = (
        "Connect a company to its helpdesk. The key is tried before anything is stored; plain http and private "
        "addresses are accepted only for hosts in EGRESS_ALLOW_HOSTS."
    )

    hints: ClassVar[dict[str, str]] = {
        "address_refused": "Use the https address of the account. A plain http or private address must be named in "
        "EGRESS_ALLOW_HOSTS as host:port.",
        "external_unavailable": "Check the address, and that this machine may reach it. Nothing was stored.",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_options(parser)
        parser.add_argument(
            "--api-key",
            help="API key of an agent with global scope; - reads it from standard input, where no process list shows it",
        )

    def hint(self, code: str, **options: Any) -> str:
        words = key_hint(code, options["platform"])
        return f"{words} Nothing was stored." if words else super().hint(code, **options)

    def perform(self, **options: Any) -> dict[str, Any]:
        adapter = adapter_class(options["platform"])
        connection, report = connect(platform=options["platform"], options=read_options(adapter, options))
        ensure_streams(connection)
        hurry(connection)
        record("connection_saved", subject=f"connection:{connection.pk}", platform=connection.platform)
        return {
            "account": connection.account,
            "agent": report.agent_name,
            "scope": report.ticket_scope,
            "calls_per_minute": report.calls_per_minute,
            "warnings": list(report.warnings),
        }
