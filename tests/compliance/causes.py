"""What causes events of the audit trail: the place, the people, and the table that test_event_matrix.py walks."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.test import Client

from apps.accounts.models import ApiToken, User
from apps.core.models import AuditEvent
from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.console.steps import signed_in

PASSWORD = "many tall yellow lamps"
NUMBERS = count(1)


@dataclass(frozen=True)
class Entry:
    """What must stand in a company's trail, and in no other's: who, about what, and these facts among others."""

    company: str
    principal: str = ""
    subject: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where it is caused: `visited` with a ticket and its draft, `bystander` whom nothing concerns, the operators."""

    halls: Any
    deliver: Callable[[], int]
    superuser_url: str
    allow: Callable[[str], None]

    def who(self, role: str, company: Any = None) -> str:
        company = company or (self.halls.operators if role == "operator" else self.halls.visited)
        signed_in(company, role)
        with bind_company(company.binding()):
            return str(User.objects.filter(role=role).first().pk)

    def person(self, role: str = "agent", **more: Any) -> User:
        """Somebody new of `visited`."""
        with bind_company(self.halls.visited.binding()):
            email = f"person-{next(NUMBERS)}@visited.example"
            return User.objects.make(email=email, name="Pat", role=role, password=PASSWORD, **more)

    def token(self, company: Any, role: str = "lead", scopes: list[str] | None = None) -> tuple[ApiToken, str]:
        signed_in(company, role)
        with bind_company(company.binding()):
            user = User.objects.filter(role=role).first()
            return ApiToken.issue(user=user, name=f"matrix {uuid4()}", scopes=scopes)

    def ticket(self) -> str:
        with bind_company(self.halls.visited.binding()):
            return str(Ticket.objects.get(remote_id="102").pk)


Cause = Callable[[Place], list[Entry]]
CAUSES: list[tuple[str, Cause]] = []
NOBODY = Client(headers={"host": "visited.localhost"})


def causes(event: str) -> Callable[[Cause], Cause]:
    def add(cause: Cause) -> Cause:
        CAUSES.append((event, cause))
        return cause

    return add


def told(*arguments: Any, **options: Any) -> None:
    """A command, its words thrown away."""
    with contextlib.redirect_stdout(io.StringIO()):
        call_command(*arguments, stdout=io.StringIO(), stderr=io.StringIO(), **options)


def bearer(clear: str, **headers: str) -> Client:
    return Client(headers={"host": "visited.localhost", "authorization": f"Bearer {clear}", **headers})


def sent(answer: Any, *statuses: int) -> Any:
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    return answer


def administer(place: Place, path: str, fields: dict[str, Any]) -> str:
    """The admin of `visited` sends a form of Django's admin. Returns who that is."""
    sent(signed_in(place.halls.visited, "admin").post(f"/admin/accounts/{path}", fields), 302)
    return f"user:{place.who('admin')}"


def form_of(person: User, **changes: Any) -> dict[str, Any]:
    fields = {"email": person.email, "name": person.name, "role": person.role, "language": person.language,
              "theme": person.theme, "keys_enabled": "on", "is_active": "on"} | changes  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def marks(place: Place) -> dict[str, int]:
    """Where each trail ends now."""
    found = {}
    for company in (place.halls.visited, place.halls.other, place.halls.operators):
        with bind_company(company.binding()):
            last = AuditEvent.objects.order_by("seq").last()
            found[company.company_id] = last.seq if last else 0
    return found
