"""The reserved company of those who run the site: opened only by who says so, and it is never another."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from apps.core.errors import BadInput
from apps.tenancy.models import Company
from apps.tenancy.names import check_company_id
from tests.accounts.people import operator_company


def test_nobody_opens_it_by_accident(db):
    with pytest.raises(CommandError, match=r"company_id_reserved.*--operator"):
        call_command("create_company", "operator", json=True)


@pytest.mark.parametrize("name", ["acme", "operators", "admin", "", "OPERATOR"])
def test_the_way_to_it_opens_no_other(name, db):
    before = Company.objects.count()
    with pytest.raises(CommandError, match="company_id_invalid"):
        call_command("create_company", name, operator=True, json=True)
    assert Company.objects.count() == before


def test_its_people_are_operators(db, capsys):
    operator_company()
    call_command("create_user", "operator", "ops@operator.example", role="operator", json=True)
    assert '"role":"operator"' in capsys.readouterr().out
    with pytest.raises(CommandError, match="role_not_here"):
        call_command("create_user", "operator", "agent@operator.example", role="agent", json=True)
    with pytest.raises(CommandError, match="role_not_here"):
        call_command("create_user", "acme", "ops@acme.example", role="operator", json=True)


def test_a_name_is_checked_alike_without_the_word():
    with pytest.raises(BadInput, match="reserved"):
        check_company_id("operator")
    assert check_company_id("operator", operator=True) == "operator"
