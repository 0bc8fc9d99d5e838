"""probe: what the contract of a helpdesk could not prove, read from an account."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from apps.core.errors import BadInput
from apps.core.events import Scope
from apps.platforms.connecting import probe
from apps.platforms.options import add_options, key_hint, read_options, secrets_of
from apps.platforms.registry import adapter_class
from apps.tenancy.commands import JsonCommand


class Command(JsonCommand):
    scope = Scope.OPERATOR
    requires_system_checks: list[str] = []  # no database is needed, and there may be none
    help = (
        "Ask a helpdesk account, also a trial, what the contract of its API could not prove: each open question is "
        "answered, or it says why it could not be told, with statuses, names of fields and headers, and counts, never "
        "with words of tickets or people. Only GET is sent, nothing in the account is changed, and the price is told "
        "before: about 50 calls, a few minutes on a trial, whose budget is left alone for the larger part. It stops at "
        "once when the key is refused. No company and no database are needed. Questions about edits, tags, files, trash "
        "and merges are told from what happened lately: do some of each by hand, then run it. Plain http and private "
        "addresses are asked only for hosts in EGRESS_ALLOW_HOSTS."
    )
    hints: ClassVar[dict[str, str]] = {
        "address_refused": "Use the https address of the account.",
        "key_missing": "Name a file, write the key to standard input, or run it at a terminal.",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_options(parser)
        parser.add_argument(
            "--api-key-file",
            type=Path,
            metavar="FILE",
            help="file that holds the API key of an agent; without it the key is asked for, or read from standard input "
            "where nobody can be asked. It is never an argument, which a process list would show",
        )

    def hint(self, code: str, **options: Any) -> str:
        return key_hint(code, options["platform"]) or super().hint(code, **options)

    def perform(self, **options: Any) -> dict[str, Any]:
        adapter = adapter_class(options["platform"])
        given = read_options(adapter, options)
        secrets = [name for name in secrets_of(adapter.Config) if name not in given and adapter.Config.model_fields[name].is_required()]
        given |= {name: self._key(options["api_key_file"] if name == "api_key" else None, name) for name in secrets}
        report = probe(platform=options["platform"], options=given, tell=self._tell)
        return report.model_dump(mode="json")

    def _key(self, file: Path | None, name: str) -> str:
        if file is not None:
            try:
                key = file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as exc:
                raise BadInput(f"The key cannot be read: {type(exc).__name__}.", code="key_missing") from exc
        elif sys.stdin.isatty():
            key = getpass.getpass(f"{name.replace('_', ' ')}: ").strip()
        else:
            key = sys.stdin.readline().strip()
        if not key:
            raise BadInput("There is no key.", code="key_missing")
        return key

    def _tell(self, line: str) -> None:
        self.stderr.write(line)

    def show(self, result: dict[str, Any]) -> None:
        super().show({name: result[name] for name in ("account", "ended", "calls", "credits")})
        for told in (True, False):
            self.stdout.write("\nTold:" if told else "\nCould not be told:")
            for one in result["findings"]:
                if one["told"] is told:
                    answer = f" {one['answer']};" if told else ""
                    facts = ", ".join(f"{name} {_plain(value)}" for name, value in one["evidence"].items() if value != "")
                    self.stdout.write(f"  {one['question']}{answer} {one['why']}" + (f" [{facts}]" if facts else ""))


def _plain(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
