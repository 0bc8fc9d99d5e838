"""Options of a helpdesk account as a command takes them: any field of the adapter's Config, secrets never as an argument."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandParser
from pydantic import BaseModel, SecretStr

from apps.core.errors import BadInput
from apps.platforms.base import PlatformAdapter
from apps.platforms.registry import adapters


def add_options(parser: CommandParser) -> None:
    parser.add_argument("platform", metavar="PLATFORM", help="kind of helpdesk")
    parser.add_argument("--base-url", help="address of the account, for example https://acme.freshdesk.com")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="any other option of this kind of helpdesk, as often as needed; NAME=- reads a line of standard input, where "
        "no process list shows it",
    )  # fmt: skip


def read_options(adapter: type[PlatformAdapter], given: Mapping[str, Any]) -> dict[str, str]:
    """{field of the Config: value} of a command's arguments. Raises BadInput for what is no option of this helpdesk."""
    found = {name: given[name] for name in ("base_url", "api_key") if given.get(name) is not None}
    for one in given["option"]:
        name, equals, value = one.partition("=")
        if not equals or name in found:
            raise BadInput(f"--option {name}: write each once, as NAME=VALUE.", code="options_invalid")
        found[name] = value
    if strange := sorted(found.keys() - adapter.Config.model_fields.keys()):
        known = ", ".join(adapter.Config.model_fields)
        raise BadInput(f"{adapter.label} has no option {strange[0]}. Its options: {known}.", code="options_invalid")
    return {name: sys.stdin.readline().strip() if value == "-" else value for name, value in found.items()}


def secrets_of(config: type[BaseModel]) -> Sequence[str]:
    """Names of the options that nobody else may see."""
    return [name for name, field in config.model_fields.items() if "SecretStr" in str(field.annotation) or field.annotation is SecretStr]


def key_hint(code: str, platform: str) -> str:
    """What to do about a refused key; "" for other troubles."""
    known = adapters().get(platform)
    return known.key_help if known and code in ("credentials_rejected", "invalid_credentials") else ""
