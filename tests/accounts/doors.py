"""The steps of signing in, as a browser takes them."""

from __future__ import annotations

from django.test import Client

from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from tests.accounts.authenticators import PASSWORD

EMAIL, NEW = "mara@acme.example", "violet harbour, nine gulls"
CODE, ENROL = "/sign-in/code/", "/sign-in/enrol/"


def at(company: str = "acme", network: str = "192.0.2.1", **headers: str) -> Client:
    return Client(REMOTE_ADDR=network, headers={"host": f"{company}.localhost"} | headers)


def password(browser: Client, email: str = EMAIL, given: str = PASSWORD, **more: str):
    return browser.post("/sign-in/", {"username": email, "password": given} | more)


def halfway(browser: Client | None = None, **more: str) -> Client:
    browser = browser or at()
    answer = password(browser, **more)
    assert answer["Location"] in (CODE, ENROL), answer.content.decode()[-2000:]
    return browser


def session_key(browser: Client) -> str:
    return browser.cookies["session"].value.split(".")[1]


def is_in(browser: Client) -> bool:
    return browser.get("/password/").status_code == 200


def events(company, event: str) -> list[dict]:
    with bind_company(company.binding()):
        return list(AuditEvent.objects.filter(event=event).values_list("facts", flat=True))
