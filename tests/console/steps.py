"""What people do in these tests: sign in, ask, let in, walk through the door."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from apps.accounts.models import User
from apps.console.models import SupportAccess, SupportRequest
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from tests.conftest import _sign_in


def signed_in(company: Any, role: str) -> Client:
    browser = Client(headers={"host": f"{company.company_id}.localhost"})
    with bind_company(company.binding()):
        user = User.objects.filter(role=role).first() or User.objects.make(
            email=f"{role}@{company.company_id}.example", name=role.title(), role=role
        )
        _sign_in(browser, user, company.company_id)
    return browser


def ask(halls: Any, deliver: Any, *, minutes: str = "15", reason: str = "Sync hangs since Monday") -> SupportRequest:
    """Olga asks `visited`, and the message arrives."""
    olga = signed_in(halls.operators, "operator")
    answer = olga.post("/console/companies/visited/support/", {"reason": reason, "minutes": minutes})
    assert answer.status_code == 302, answer.content.decode()
    deliver()
    with bind_company(halls.operators.binding()):
        return SupportRequest.objects.select_related("requested_by").latest("requested_at")


def decide(halls: Any, deliver: Any, asked: SupportRequest, verb: str) -> Any:
    answer = signed_in(halls.visited, "admin").post(f"/support-access/{asked.pk}/", {"verb": verb})
    deliver()
    return answer


def link_of(halls: Any, asked: SupportRequest) -> str:
    """The address behind the console's link into the company."""
    page = signed_in(halls.operators, "operator").post(f"/console/support/{asked.pk}/")
    assert page.status_code == 200
    found = re.search(r'href="http://visited\.localhost:?\d*(/support/enter/[^"]+)"', page.content.decode())
    assert found
    return unescape(found[1])


def walk_in(link: str, host: str = "visited.localhost") -> tuple[Client, Any]:
    browser = Client(headers={"host": host})
    token = link.partition("pass=")[2]
    from urllib.parse import unquote

    return browser, browser.post("/support/enter/", {"pass": unquote(token)})


def visit(halls: Any, deliver: Any, *, minutes: str = "15") -> tuple[Client, SupportRequest]:
    """Olga inside `visited`."""
    asked = ask(halls, deliver, minutes=minutes)
    assert decide(halls, deliver, asked, "approve").status_code == 302
    browser, answer = walk_in(link_of(halls, asked))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    deliver()
    return browser, asked


def at_operators(halls: Any, asked: SupportRequest) -> SupportRequest:
    with bind_company(halls.operators.binding()):
        return SupportRequest.objects.get(pk=asked.pk)


def at_visited(halls: Any, asked: SupportRequest) -> SupportAccess:
    with bind_company(halls.visited.binding()):
        return SupportAccess.objects.get(pk=asked.pk)


def trail(company: Any, subject: str = "") -> list[str]:
    """The events of a company's audit log about a subject, oldest first."""
    with bind_company(company.binding()):
        rows = AuditEvent.objects.order_by("seq")
        if subject:
            rows = rows.filter(subject=subject)
        return list(rows.values_list("event", flat=True))
