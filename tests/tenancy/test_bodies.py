"""Streamed bodies are made inside their company, part by part, and leave no binding behind."""

from __future__ import annotations

import asyncio

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from apps.tenancy.bodies import bind_body
from apps.tenancy.context import bind_company, current_binding


def whose(left: list[str]):
    try:
        for _ in range(3):
            yield current_binding().company_id
    finally:
        left.append(current_binding().company_id if current_binding() else "")


def test_each_part_is_bound_and_nothing_is_between_two(acme, globex):
    bodies, left = {}, []
    for company in (acme, globex):
        with bind_company(company.binding()):
            bodies[company.company_id] = bind_body(StreamingHttpResponse(whose(left)))
    readers = {name: iter(body) for name, body in bodies.items()}
    for _ in range(3):  # two answers read in turns, as a server with one thread and two slow readers would
        for name, reader in readers.items():
            assert next(reader) == name.encode()
            assert current_binding() is None
    for name, reader in readers.items():
        assert list(reader) == []
        assert left.pop(0) == name


def test_a_reader_that_leaves_ends_the_view_s_generator_inside_the_company(acme):
    left = []
    with bind_company(acme.binding()):
        body = bind_body(StreamingHttpResponse(whose(left)))
    assert next(iter(body)) == b"acme"
    for close in body._resource_closers:  # what body.close() does, but for telling Django that the request is over
        close()
    assert left == ["acme"]


def test_asynchronous_parts_too(acme, globex):
    async def parts():
        for _ in range(3):
            await asyncio.sleep(0)
            yield current_binding().company_id

    async def read(company):
        with bind_company(company.binding()):
            body = bind_body(StreamingHttpResponse(parts()))
        found = []
        async for part in body:
            assert current_binding() is None
            found.append(part.decode())
        return found

    async def both():
        return await asyncio.gather(*[read(company) for company in (acme, globex) * 5])

    assert asyncio.run(both()) == [["acme"] * 3, ["globex"] * 3] * 5


def test_whole_answers_files_and_unbound_ones_stay_as_they_are(acme, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    plain = HttpResponse("x")
    with bind_company(acme.binding()), (tmp_path / "file").open("rb") as file:
        served = FileResponse(file)
        assert bind_body(served) is served
        assert served.file_to_stream is not None
        assert bind_body(plain) is plain
    body = bind_body(StreamingHttpResponse(iter([b"x"])))
    assert list(body) == [b"x"]


def test_an_error_in_a_part_reaches_the_server_and_unbinds(acme):
    def parts():
        yield b"x"
        raise KeyError

    with bind_company(acme.binding()):
        body = iter(bind_body(StreamingHttpResponse(parts())))
    next(body)
    with pytest.raises(KeyError):
        next(body)
    assert current_binding() is None
