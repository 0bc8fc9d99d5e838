"""python -m tests.browser.fill_console: operators, companies in every state, accesses and orders; prints cookies.

Prints {"operator": {language: [cookie, ...]}, "admin": {language: ...}, "name": of the cookie}. Beside fill.py and after
it: the company that is visited is globex, so that no page of acme says that somebody is inside.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
import orjson

LANGUAGES = {"en": "Olga Ops", "de": "Annegret Betriebsverantwortliche", "ja": "運用 花子", "ko": "운영 담당자"}
LONG_ID, LONG_NAME = "rechnungsanschriftsaenderungbestaetigung", "Rechnungsanschriftsänderungsbestätigungsgesellschaft mbH"
REASON = "The sync hangs since Monday; we would like to see what the connection page says, and since when."


def main() -> int:
    django.setup()
    import psycopg
    from django.conf import settings

    from apps.tenancy.context import bind_company
    from apps.tenancy.models import Company
    from apps.tenancy.provisioning import create_company
    from tests.accounts.people import operator_company

    operators, visited = operator_company(), Company.objects.get(company_id="globex")
    create_company(company_id=LONG_ID, name=LONG_NAME)
    create_company(company_id="quiet", name="静かな会社")
    with psycopg.connect(os.environ["SUPERUSER_URL"]) as superuser:
        superuser.execute("UPDATE public.tenancy_company SET status = 'suspended' WHERE company_id = %s", [LONG_ID])
        _orders(superuser)
    cookies: dict[str, Any] = {"name": settings.SESSION_COOKIE_NAME}
    with bind_company(operators.binding()):
        people = _people("operator", "operator.example")
        cookies["operator"] = {language: _cookie(person, "operator") for language, person in people.items()}
        asked = _requests(people)
        _figures()
    with bind_company(visited.binding()):
        admins = _people("admin", "globex.example")
        cookies["admin"] = {language: _cookie(person, "globex") for language, person in admins.items()}
        _accesses(asked)
    sys.stdout.buffer.write(orjson.dumps(cookies))
    return 0


def _people(role: str, domain: str) -> dict[str, Any]:
    from apps.accounts.models import User

    return {
        language: User.objects.make(email=f"{role}.{language}@{domain}", name=name, role=role, language=language)
        for language, name in LANGUAGES.items()
    }


def _cookie(person: Any, company_id: str) -> str:
    from django.conf import settings
    from django.test import Client

    from tests.conftest import _sign_in

    browser = Client()
    _sign_in(browser, person, company_id)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def _requests(people: dict[str, Any]) -> list[Any]:
    """For every operator an access that is open, one that waits and the ones of before."""
    from django.utils import timezone

    from apps.console.models import SupportRequest

    now = timezone.now()
    made = []
    for person in people.values():
        for state, until, ended, asked in (
            ("approved", now + timedelta(minutes=55), None, now - timedelta(minutes=5)),
            ("denied", None, now, now - timedelta(hours=3)),
            ("ended", now + timedelta(minutes=20), now, now - timedelta(hours=2)),
            ("approved", now - timedelta(hours=1), None, now - timedelta(hours=2)),
        ):
            made.append(SupportRequest(
                id=uuid4(), target="globex", requested_by=person, reason=REASON, minutes=60, state=state, until=until,
                ended_at=ended, requested_at=asked,
            ))  # fmt: skip
    made.append(SupportRequest(id=uuid4(), target="globex", requested_by=people["en"], reason=REASON, minutes=15))
    return SupportRequest.objects.bulk_create(made)


def _accesses(asked: list[Any]) -> None:
    """The other side of each, with the same id."""
    from apps.accounts.models import User
    from apps.console.models import SupportAccess

    admin = User.objects.filter(role="admin").first()
    for one in asked:
        answered = None if one.state == "pending" else one.until and one.until - timedelta(minutes=60) or one.ended_at
        SupportAccess.objects.create(
            id=one.pk, operator_id=one.requested_by_id, operator_name=one.requested_by.name,
            language=one.requested_by.language, reason=one.reason, minutes=one.minutes, state=one.state, until=one.until,
            ended_at=one.ended_at, requested_at=one.requested_at, answered_at=answered,
            answered_by=admin if answered else None,
        )  # fmt: skip


def _figures() -> None:
    from django.utils import timezone

    from apps.console.models import CompanyFigures

    now = timezone.now()
    for target, health, synced in (
        ("acme", "fine", now), ("globex", "refused", now - timedelta(days=3)), (LONG_ID, "delayed", None),
    ):  # fmt: skip
        CompanyFigures.objects.create(
            target=target, told_at=now, people=1234, tickets=1_234_567, owed=89, synced_at=synced, health=health,
            audit_entries=12_345_678,
        )  # fmt: skip


def _orders(superuser: Any) -> None:
    """The serving login may ask; only the provisioning worker says how far an order is."""
    for number, (kind, state, code) in enumerate((
        ("open", "asked", ""), ("suspend", "running", "company_busy"), ("close", "failed", "confirmation_missing"),
        ("resume", "done", ""),
    )):  # fmt: skip
        superuser.execute(
            "INSERT INTO public.tenancy_order (id, kind, company_id, facts, state, code, steps, attempts, asked_by, asked_at,"
            " next_at) VALUES (gen_random_uuid(), %s, %s, '{}', %s, %s, '[]', 1, '', now(), now())",
            [kind, f"ordered-{number}", state, code],
        )


if __name__ == "__main__":
    sys.exit(main())
