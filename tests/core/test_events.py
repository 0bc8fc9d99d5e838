"""The allow-list of logs and audit: a field nobody declared and a value of another shape are not written."""

from __future__ import annotations

import pytest

from apps.core.events import AUDIT_EVENTS, FIELDS, LOG_EVENTS, Shape, fits, mark

GOOD = {
    Shape.COUNT: (0, 7, True), Shape.SECONDS: (0.5, 3), Shape.WORD: ("sla_due", "c_acme"), Shape.ROUTE: ("assistant:ticket",),
    Shape.ID: ("0198c0de-0000-7000-8000-00000000000a",), Shape.WHO: ("", "user:0198c0de-0000-7000-8000-00000000000a"),
    Shape.COMPANY: ("acme",), Shape.REQUEST: ("0123456789abcdef",), Shape.CLASS: ("apps.core.errors.NoCompany",),
    Shape.CODE: ("23505",), Shape.PLACE: ("apps/core/audit.py:36 record",), Shape.TRANSACTION: ("5b1d4f0c9a2e",),
}  # fmt: skip
CANARIES = (
    "priya@example.org",
    "+49 170 1234567",
    "4111111111111111",
    "My earbud\nstopped",
    "\x1b[2J",
    "Priya Sharma",
    "' OR 1=1 --",
)


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_takes_its_shape_and_no_data_of_a_person(field):
    for value in GOOD[FIELDS[field]]:
        assert fits(field, value), value
    # An id of a company may be all digits; it is ours, never what somebody wrote.
    canaries = [one for one in CANARIES if FIELDS[field] is not Shape.COMPANY or not one.isdecimal()]
    for value in (*canaries, None, [], {}, b"x", 10**12, "x" * 500):
        assert not fits(field, value), value


def test_a_field_nobody_declared_takes_nothing():
    for value in (1, "word", True):
        assert not fits("email", value)


def test_every_field_of_an_event_is_declared():
    for name, event in (AUDIT_EVENTS | LOG_EVENTS).items():
        assert event.fields <= set(FIELDS), name


def test_a_mark_tells_the_type_and_nothing_else():
    assert mark("priya@example.org") == "<str>"
