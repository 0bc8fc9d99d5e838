"""The mirror of a ServiceNow instance equals the truth after random scripts. A few small ones in `make verify`, 200 in `make soak`."""

from __future__ import annotations

import os

import pytest

pytest.register_assert_rewrite("tests.ingest.servicenow_scripts")
from tests.ingest.servicenow_scripts import follow  # noqa: E402

SHORT = range(10)


@pytest.mark.verify
@pytest.mark.parametrize("seed", SHORT)
def test_the_mirror_equals_the_truth_after_a_script_of_an_instance(in_acme, settings, seed):
    follow(settings, seed, tickets=10, rounds=8)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [n for n in range(int(os.environ.get("SOAK_SCRIPTS", "200"))) if n not in SHORT])
def test_the_mirror_equals_the_truth_after_any_script_of_an_instance(in_acme, settings, seed):
    follow(settings, seed, tickets=60)
