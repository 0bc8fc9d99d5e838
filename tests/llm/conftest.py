"""One simulated provider for the tests of this folder that want it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.llm.router import Router
from tests.llm.models import ask, target
from tests.simulated_llm import SimulatedLlm, running_llm


@pytest.fixture(scope="module")
def served() -> Iterator[SimulatedLlm]:
    with running_llm() as one:
        ask(Router(), target(one), language="en")  # what a process imports and reads at its first call takes no test's time
        yield one


@pytest.fixture
def llm(served: SimulatedLlm) -> SimulatedLlm:
    served.fresh()
    return served
