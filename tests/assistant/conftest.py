"""A case most tests of the agent's pages look at, and a reader of limited reach."""

from __future__ import annotations

from typing import Any

import pytest

from apps.platforms.models import Ticket
from apps.tenancy.context import bind_company
from tests.assistant.reader import Reader, build
from tests.mirror import charging_case, make_connection


@pytest.fixture(params=["freshdesk", pytest.param("servicenow", marks=pytest.mark.verify)])
def case(acme, request):
    """Ticket 102 of acme, with its brief and the knowledge it rests on, whichever helpdesk it is of."""
    with bind_company(acme.binding()):
        make_connection(request.param)
        charging_case()
        return Ticket.objects.get(remote_id="102")


@pytest.fixture
def three_groups(acme) -> Any:
    """acme with the tickets of reader.py."""
    with bind_company(acme.binding()):
        build()
    return acme


@pytest.fixture
def mara(three_groups, make_user, client_of) -> Reader:
    return Reader(three_groups, make_user, client_of(three_groups))
