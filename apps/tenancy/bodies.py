"""Streaming bodies: their parts are made after the view has returned, and each is made inside the company."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from apps.tenancy.context import Binding, bind_company, current_binding

END = object()


def bind_body(response: HttpResponse | StreamingHttpResponse) -> Any:
    """The answer, whose streamed parts are made with the binding of now. Files need none and stay as they are.

    The binding is entered for each part and left again: a generator shares the context of whoever reads it, so one
    held open between two parts would bind the server's own code too, and with it the next request.
    """
    binding = current_binding()
    if binding is None or not response.streaming or getattr(response, "file_to_stream", None) is not None:
        return response
    closers: list[Callable[[], Any]] = response._resource_closers  # a view's generator that is left in the middle
    closers[:] = [partial(_within, binding, close) for close in closers]
    parts = response.streaming_content
    response.streaming_content = _later(parts, binding) if response.is_async else _bound(parts, binding)
    return response


def _within(binding: Binding, call: Callable[..., Any], *args: Any) -> Any:
    with bind_company(binding):
        return call(*args)


def _bound(parts: Any, binding: Binding) -> Iterator[bytes]:
    iterator = iter(parts)
    while (part := _within(binding, next, iterator, END)) is not END:
        yield part


async def _later(parts: Any, binding: Binding) -> AsyncIterator[bytes]:
    iterator = aiter(parts)
    while True:
        with bind_company(binding):
            part = await anext(iterator, END)
        if part is END:
            return
        yield part
