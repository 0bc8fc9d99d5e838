"""Open the demo companies and the operators' with their people and helpdesks (one process: Django starts once)."""

from __future__ import annotations

import sys

import django
from django.core.management import CommandError, call_command

from embedded.desks import DESKS

PASSWORD = "many-hands-demo"  # noqa: S105 - printed on the screen of everybody who starts the demo
OPERATORS = (("ops@operator.example", "Site Operator", "operator"),)


def bring_up(addresses: dict[str, str]) -> None:
    """Safe to repeat: companies and people are made once, connections follow their address."""
    call_command("create_company", "operator", name="Operators", operator=True, if_missing=True, json=True)
    _add_people("operator", OPERATORS)
    for company, address in addresses.items():
        desk = DESKS[company]
        call_command("create_company", company, name=desk.name, if_missing=True, json=True)
        _add_people(company, desk.people)
        call_command("connect", company, desk.platform, base_url=address, json=True, **desk.access)
        for email in desk.agents:
            call_command("map_agent", company, email, agent=email, json=True)


def _add_people(company: str, people: tuple[tuple[str, str, str], ...]) -> None:
    for email, name, role in people:
        call_command("create_user", company, email, name=name, role=role, password=PASSWORD, if_missing=True, json=True)


def main() -> int:
    """python -m embedded.demo acme=http://127.0.0.1:1 globex=http://127.0.0.1:2"""
    django.setup()
    try:
        bring_up(dict(pair.split("=", 1) for pair in sys.argv[1:]))
    except CommandError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
