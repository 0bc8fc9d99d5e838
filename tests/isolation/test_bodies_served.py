"""Streamed bodies through the edge itself, in both ways of serving."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import markcoroutinefunction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from apps.tenancy.context import current_binding
from apps.tenancy.middleware import EdgeMiddleware


def request_of(company: str):
    return RequestFactory().get("/", headers={"host": f"{company}.localhost"})


def test_a_part_made_after_the_view_returned_is_made_inside_the_company(acme, globex):
    edge = EdgeMiddleware(lambda request: StreamingHttpResponse(current_binding().company_id for _ in range(2)))
    for company in (acme, globex):
        answer = edge(request_of(company.company_id))
        assert current_binding() is None
        assert list(answer) == [company.company_id.encode()] * 2
        assert current_binding() is None


@pytest.mark.parametrize("company", ["acme", "globex"])
def test_asynchronously_too(acme, globex, company):
    async def parts():
        yield current_binding().company_id

    async def view(request):
        return StreamingHttpResponse(parts())

    async def read():
        answer = await EdgeMiddleware(markcoroutinefunction(view))(request_of(company))
        return current_binding(), [part async for part in answer]

    from apps.tenancy.registry import company_at

    company_at("warm.localhost")  # the registry is read by this thread: its connection sees the test's rows
    assert asyncio.run(read()) == (None, [company.encode()])


def test_a_view_that_fails_leaves_no_company_behind(acme):
    def view(request) -> HttpResponse:
        raise KeyError(current_binding().company_id)

    with pytest.raises(KeyError, match="acme"):
        EdgeMiddleware(view)(request_of("acme"))
    assert current_binding() is None
