"""An operator who is switched off is out of every company they are inside, with the next request."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.console.models import SupportAccess
from apps.console.tasks import ask_companies
from apps.core.models import AuditEvent
from apps.tenancy.context import bind_company
from tests.console.conftest import _drain
from tests.console.steps import ask, at_operators, at_visited, decide, link_of, trail, visit, walk_in

OLGA = "olga@operator.example"


@pytest.fixture(autouse=True)
def on_again(standing_halls):
    yield
    with bind_company(standing_halls.operators.binding()):
        User.objects.update(is_active=True)


def switch_off(email: str = OLGA) -> None:
    call_command("change_user", "operator", email, active=False, json=True)


def test_the_visit_ends_with_the_next_request_and_stands_in_both_trails(halls, deliver):
    browser, asked = visit(halls, deliver)
    assert browser.get("/").status_code == 200
    switch_off()
    deliver()
    answer = browser.get("/")
    assert (answer.status_code, answer["Location"][:9]) == (302, "/sign-in/")
    assert (at_visited(halls, asked).state, at_operators(halls, asked).state) == ("ended", "ended")
    with bind_company(halls.visited.binding()):
        ended = AuditEvent.objects.get(event="support_ended", subject=f"access:{asked.pk}")
        assert ended.facts == {"reason": "operator_gone"}
    assert trail(halls.operators, f"access:{asked.pk}")[-1] == "support_ended"
    call_command("change_user", "operator", OLGA, active=True, json=True)
    deliver()
    assert browser.get("/").status_code == 302, "switched on again, an ended access stays ended"


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_message_and_a_change_nobody_told_of_are_made_up_for(halls, deliver, lost):
    browser, asked = visit(halls, deliver)
    if lost:
        switch_off()
        _drain(run=False)
    else:
        with bind_company(halls.operators.binding()):
            User.objects.filter(email=OLGA).update(is_active=False)  # sends no signal
    assert browser.get("/").status_code == 200
    for _twice in range(2):
        ask_companies()
        deliver()
    assert browser.get("/").status_code == 302
    assert trail(halls.visited, f"access:{asked.pk}").count("support_ended") == 1


def test_a_link_in_their_hands_opens_nothing(halls, deliver):
    asked = ask(halls, deliver)
    decide(halls, deliver, asked, "approve")
    link = link_of(halls, asked)
    switch_off()
    deliver()
    assert walk_in(link)[1].status_code == 403


def test_another_operator_stays_inside(halls, deliver):
    with bind_company(halls.operators.binding()):
        User.objects.make(email="otto@operator.example", name="Otto", role="operator")
    try:
        browser, asked = visit(halls, deliver)
        switch_off("otto@operator.example")
        deliver()
        assert browser.get("/").status_code == 200
        assert at_visited(halls, asked).is_open
    finally:
        with bind_company(halls.operators.binding()):
            User.objects.get(email="otto@operator.example").delete()


def test_the_role_cannot_be_taken_nor_the_person_deleted_while_they_are_inside(halls, deliver):
    """So switching off is the one way an operator ends."""
    visit(halls, deliver)
    with pytest.raises(CommandError, match="role_not_here"):
        call_command("change_user", "operator", OLGA, role="agent", json=True)
    with bind_company(halls.operators.binding()), pytest.raises(ProtectedError):
        User.objects.get(email=OLGA).delete()
    with bind_company(halls.visited.binding()):
        assert SupportAccess.objects.filter(state="approved").count() == 1
