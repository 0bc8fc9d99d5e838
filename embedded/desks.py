"""The companies of the demo: their people, and the simulated helpdesk of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Person = tuple[str, str, str]  # address, name, role


@dataclass(frozen=True, slots=True)
class Desk:
    """A company of the demo. `agents`: of its helpdesk, as the people they are here: nobody in a demo follows a mailed link.

    `ports`: of the simulator, beside the one that is called; `options`: of `python -m SIMULATOR`; `access`: of `connect`.
    """

    name: str
    people: tuple[Person, ...]
    agents: tuple[str, ...]
    platform: str
    simulator: str
    ports: tuple[str, ...]
    options: tuple[str, ...]
    access: Mapping[str, Any]

    def serving(self, account: str, ports: Mapping[str, int]) -> list[str]:
        """What comes behind `python`."""
        more = [part for kind in self.ports for part in (f"--{_ARGUMENTS[kind]}", str(ports[f"{account}-{kind}"]))]
        return ["-m", self.simulator, "--account", account, "--port", str(ports[account]), *more, *self.options]


_ARGUMENTS = {"control": "control-port", "files": "storage-port"}
DESKS = {
    "acme": Desk(
        "Acme Audio",
        (("mara@acme.example", "Mara Lind", "agent"), ("lena@acme.example", "Lena Okafor", "lead"), ("admin@acme.example", "Acme Admin", "admin")),
        ("mara@acme.example", "lena@acme.example"),
        "freshdesk", "simulators.freshdesk", ("control", "files"), ("--api-key", "acme-demo-key", "--lived-in"), {"api_key": "acme-demo-key"},
    ),
    "globex": Desk(
        "Globex Pay",
        (("noor@globex.example", "Noor Haddad", "agent"), ("admin@globex.example", "Globex Admin", "admin")),
        ("noor@globex.example",),
        "freshdesk", "simulators.freshdesk", ("control", "files"), ("--api-key", "globex-demo-key", "--lived-in"), {"api_key": "globex-demo-key"},
    ),
    "initech": Desk(
        "Initech IT",
        (("priya.raman@initech.example", "Priya Raman", "agent"), ("admin@initech.example", "Initech Admin", "admin")),
        ("priya.raman@initech.example",),
        "servicenow", "simulators.servicenow", ("control",), ("--password", "initech-demo-password"),
        {"option": ["auth=basic", "user=deskhand.integration", "password=initech-demo-password"]},
    ),
}  # fmt: skip


def ports_of(account: str) -> tuple[str, ...]:
    """Names of the ports its simulator takes."""
    return (account, *(f"{account}-{kind}" for kind in DESKS[account].ports))
