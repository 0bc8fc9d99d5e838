"""A case most tests of the agent's pages look at."""

from __future__ import annotations

import pytest

from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.mirror import charging_case


@pytest.fixture
def case(acme):
    """Ticket 102 of acme, with its brief and the knowledge it rests on."""
    with bind_company(acme.binding()):
        charging_case()
        return Ticket.objects.get(remote_id="102")
