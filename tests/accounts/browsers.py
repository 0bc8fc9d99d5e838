"""Browsers that sign in, and what is kept of their sessions."""

from __future__ import annotations

from django.db import connection
from django.test import Client

from apps.accounts.session_models import UserSession
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company

PASSWORD, NEW = "correct horse battery", "violet harbour, nine gulls"
LIST = "/account/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def signed_in(agent: str = FIREFOX, email: str = "mara@acme.example", network: str = "203.0.113.77") -> Client:
    browser = Client(headers={"host": "acme.localhost", "user-agent": agent}, REMOTE_ADDR=network)
    answer = browser.post("/sign-in/", {"username": email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def is_in(browser: Client) -> bool:
    return browser.get(LIST).status_code == 200


def key_of(browser: Client) -> str:
    return browser.cookies["session"].value.split(".")[1]


def rows(company) -> list[UserSession]:
    with bind_company(company.binding()):
        return list(UserSession.objects.order_by("begun_at"))


def audited(company) -> list[tuple[str, int]]:
    """What the audit trail tells of ended sessions, with what waits for a commit that never comes in a test."""
    with bind_company(company.binding()):
        waiting, connection.run_on_commit = connection.run_on_commit, []
        for _savepoints, tell, _robust in waiting:
            tell()
        found = AuditEvent.objects.filter(event="session_ended").order_by("seq")
        return [(one.facts["reason"], one.facts["count"]) for one in found]
