"""AUD-2: every event of the audit trail is caused through its real door and found where it belongs, and only there."""

from __future__ import annotations

import psycopg
import pytest

from apps.core.chain import pseudonym
from apps.core.events import AUDIT_EVENTS
from apps.core.models import AuditEvent
from apps.tenancy import closing
from apps.tenancy.context import bind_company
from tests.compliance import causes_factors, causes_models, causes_people, causes_work
from tests.compliance.causes import CAUSES, Entry, Place, marks

assert causes_factors and causes_models and causes_people and causes_work  # importing them fills the table


@pytest.fixture
def place(standing_halls, deliver, superuser_url, settings, monkeypatch):
    monkeypatch.setattr(closing, "SETTLE_SECONDS", 0.0)

    def allow(host: str) -> None:
        settings.EGRESS_ALLOW_HOSTS = frozenset({host})

    yield Place(standing_halls, deliver, superuser_url, allow)
    with psycopg.connect(superuser_url) as admin:
        admin.execute("DELETE FROM public.tenancy_order")


def written(place: Place, event: str, after: dict[str, int]) -> list[tuple[str, AuditEvent]]:
    """What has come to any of the three trails."""
    found = []
    for company in (place.halls.visited, place.halls.other, place.halls.operators):
        with bind_company(company.binding()):
            news = AuditEvent.objects.filter(event=event, seq__gt=after[company.company_id])
            found += [(company.company_id, row) for row in news]
    return found


def matches(company_id: str, row: AuditEvent, entry: Entry) -> bool:
    named = [pseudonym(one, entry.company) for one in (entry.principal, entry.subject)]
    who = company_id == entry.company and [row.principal, row.subject] == named
    return who and row.facts.items() >= entry.facts.items()


def test_every_event_has_a_cause():
    caused = {event for event, _ in CAUSES}
    missing = sorted(AUDIT_EVENTS.keys() - caused)
    assert missing == [], f'add to one of tests/compliance/causes_*.py: @causes("{missing[0]}")' if missing else ""
    assert caused <= AUDIT_EVENTS.keys()


@pytest.mark.parametrize(("event", "cause"), CAUSES, ids=[f"{event}-{cause.__name__}" for event, cause in CAUSES])
def test_an_event_stands_in_its_company_s_trail_and_in_no_other(event, cause, place):
    before = marks(place)
    expected = cause(place)
    assert expected
    rows = written(place, event, before)
    for entry in expected:
        told = [(company_id, row.principal, row.subject, row.facts) for company_id, row in rows]
        assert any(matches(*one, entry) for one in rows), (entry, told)
    assert {company_id for company_id, _ in rows} == {entry.company for entry in expected}
    for _, row in rows:
        assert row.facts.keys() <= AUDIT_EVENTS[event].fields
        assert not any(str(value).startswith("<") for value in row.facts.values()), row.facts
