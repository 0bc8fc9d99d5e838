"""change_user: a role, an account off or on, by whoever has a shell; who is off is out."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User

PAGE, LIST = "/password/", "/api/v1/tickets/"


def change(email: str, *options: str) -> None:
    call_command("change_user", "acme", email, *options, "--json")


def test_a_role_and_an_account_are_changed_and_told(acme, in_acme, make_user, capsys):
    make_user(acme, "agent")
    change(" Agent@acme.example ", "--role", "lead", "--off")
    assert json.loads(capsys.readouterr().out) == {"email": "agent@acme.example", "role": "lead", "active": False}
    change("agent@acme.example", "--on")
    person = User.objects.get(email="agent@acme.example")
    assert (person.role, person.is_active) == ("lead", True)


def test_who_is_switched_off_is_out_with_session_and_token(acme, client_of, token_of):
    from django.test import Client

    browser, clear = client_of(acme, "lead"), token_of(acme, "lead")
    api = Client(headers={"host": "acme.localhost", "authorization": f"Bearer {clear}"})
    assert (browser.get(PAGE).status_code, api.get(LIST).status_code) == (200, 200)
    change("lead@acme.example", "--off")
    assert (browser.get(PAGE).status_code, api.get(LIST).status_code) == (302, 401)


@pytest.mark.parametrize(
    ("email", "options", "code"),
    [
        ("agent@acme.example", [], "nothing_to_change"),
        ("nobody@acme.example", ["--off"], "user_unknown"),
        ("agent@acme.example", ["--role", "operator"], "role_not_here"),
    ],
)
def test_what_cannot_be_changes_nothing(acme, in_acme, make_user, email, options, code):
    make_user(acme, "agent")
    with pytest.raises(CommandError, match=code):
        change(email, *options)
    person = User.objects.get(email="agent@acme.example")
    assert (person.role, person.is_active) == ("agent", True)
