"""Faults somebody tired might make, one at a time: `make test` must fail for each. The list grows with every leak."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.seeded import (
    answers,
    database,
    files,
    freshness,
    json_store,
    mirror,
    models,
    notices,
    operations,
    people,
    products,
    reach,
    sending,
    stores,
    synced,
    tool,
)
from tests.seeded.running import ROOT, Fault, Outdated, Place, applied, line, places

FAULTS = (
    *database.FAULTS, *mirror.FAULTS, *stores.FAULTS, *people.FAULTS, *operations.FAULTS, *reach.FAULTS, *freshness.FAULTS,
    *sending.FAULTS, *files.FAULTS, *products.FAULTS, *notices.FAULTS, *synced.FAULTS, *json_store.FAULTS, *answers.FAULTS, *models.FAULTS, *tool.FAULTS,
)  # fmt: skip


def test_every_fault_still_applies_and_is_a_program_and_names_tests_that_are_there():
    assert len(FAULTS) >= 25
    assert sum(bool(fault.tool) for fault in FAULTS) >= 10
    assert len({(fault.file, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        text = applied(fault)
        if fault.file.endswith(".py"):
            ast.parse(text)
        assert [test for test in fault.tests if not (ROOT / test.split("::")[0]).is_file()] == [], fault.what


def test_a_fault_whose_line_is_gone_says_what_to_do():
    with pytest.raises(Outdated, match="no longer applies.*0 times in apps/tenancy/rls.py. Mend its row"):
        applied(Fault("gone", "apps/tenancy/rls.py", "no such line", "", ()))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with places() as (one,):
        yield one


@pytest.mark.verify
def test_without_a_fault_the_tests_of_all_pass(place):
    healthy = place.unharmed(FAULTS)
    assert healthy.word == "survived", healthy.by


@pytest.mark.verify
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_caught(fault, place):
    outcome = place.tried(fault)
    assert outcome.word == "caught", line(outcome)
