"""Open the two demo companies and the operators' with their people and helpdesks (one process: Django starts once)."""

from __future__ import annotations

import sys

import django
from django.core.management import CommandError, call_command

PASSWORD = "many-hands-demo"  # noqa: S105 - printed on the screen of everybody who starts the demo
PEOPLE = {
    "acme": (
        ("mara@acme.example", "Mara Lind", "agent"),
        ("lena@acme.example", "Lena Okafor", "lead"),
        ("admin@acme.example", "Acme Admin", "admin"),
    ),
    "globex": (("noor@globex.example", "Noor Haddad", "agent"), ("admin@globex.example", "Globex Admin", "admin")),
}
AGENTS = {  # of the helpdesks, as the people they are here: nobody in a demo follows a mailed link
    "acme": ("mara@acme.example", "lena@acme.example"),
    "globex": ("noor@globex.example",),
}
OPERATORS = (("ops@operator.example", "Site Operator", "operator"),)
NAMES = {"acme": "Acme Audio", "globex": "Globex Pay"}
KEYS = {"acme": "acme-demo-key", "globex": "globex-demo-key"}


def bring_up(addresses: dict[str, str]) -> None:
    """Safe to repeat: companies and people are made once, connections follow their address."""
    call_command("create_company", "operator", name="Operators", operator=True, if_missing=True, json=True)
    _add_people("operator", OPERATORS)
    for company, address in addresses.items():
        call_command("create_company", company, name=NAMES[company], if_missing=True, json=True)
        _add_people(company, PEOPLE[company])
        call_command("connect", company, "freshdesk", base_url=address, api_key=KEYS[company], json=True)
        for email in AGENTS.get(company, ()):
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
