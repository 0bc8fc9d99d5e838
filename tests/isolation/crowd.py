"""python -m tests.isolation.crowd PATH,... READS: many readers of several companies in one process of the product.

Prints a JSON line a path: what each asker saw, and what failed. Its log goes to stderr, for whoever started it to read.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from urllib.parse import urlencode

import orjson

CLIENTS = 8  # of a pool of POOL
POOL = 4
BUNDLE = 10  # reads before the next company's turn
STRIDE = 11  # between the first reads of two bundles: every kind of read comes to every company
Seen = dict[str, Counter[str]]


class Crowd:
    """Counts what was seen; readers on any thread hand in bundles."""

    def __init__(self, companies: list[Any], reads: int) -> None:
        self.companies = companies
        self.bundles = [(companies[number % len(companies)], number * STRIDE) for number in range(-(-reads // BUNDLE))]
        self.seen: list[tuple[str, list[str]]] = []
        self.errors: list[str] = []

    def hand_in(self, asker: str, act: Callable[[], Iterable[str]]) -> None:
        try:
            self.seen.append((asker, list(act())))
        except Exception as exc:
            self.errors.append(f"{asker}: {exc!r}"[:300])

    def result(self, path: str) -> dict[str, Any]:
        counts: Seen = {}
        for asker, marks in self.seen:
            counts.setdefault(asker, Counter()).update(marks)
        return {"path": path, "reads": sum(len(marks) for _, marks in self.seen), "seen": counts, "errors": self.errors}


def threads(crowd: Crowd) -> None:
    """Each thread serves one company after the other; inside, threads that were handed the context and one that was not."""
    from django.db import connection

    from apps.tenancy.context import bind_company
    from tests.isolation.reads import looks

    def inside(start: int, count: int, asker: str) -> list[str]:
        try:
            return looks(start, count, asker)
        finally:
            connection.close()

    def serve(company: Any, start: int) -> list[str]:
        asker = company.company_id
        with bind_company(company.binding()):
            found = inside(start, BUNDLE - 1, asker)
            return found + helpers.submit(copy_context().run, inside, start, 1, asker).result(60)

    with ThreadPoolExecutor(POOL) as helpers, ThreadPoolExecutor(CLIENTS) as pool:
        for company, start in crowd.bundles:
            pool.submit(crowd.hand_in, company.company_id, lambda company=company, start=start: serve(company, start))


def tasks(crowd: Crowd) -> None:
    """Many tasks of one loop, all of which share one thread and one connection for their rows, and other threads too."""
    from asgiref.sync import sync_to_async
    from django.db import connection

    from apps.accounts.models import User
    from apps.tenancy.context import bind_company
    from tests.isolation.reads import REST, looks

    def apart(start: int, asker: str) -> list[str]:
        try:
            return looks(start, 2, asker)
        finally:
            connection.close()

    async def serve(company: Any, start: int) -> None:
        asker, found = company.company_id, []
        try:
            with bind_company(company.binding()):
                for number in range(start, start + BUNDLE - 4):
                    found += await sync_to_async(looks)(number, 1, asker)
                    await asyncio.sleep(0)
                rows = User.objects.filter(email__startswith="reader@").values_list("email", flat=True)
                found += [email.split("@")[1].removesuffix(".example") async for email in rows]
                found += REST[start // STRIDE % len(REST)](asker)
                found += await asyncio.to_thread(apart, start, asker)
        except Exception as exc:
            crowd.errors.append(f"{asker}: {exc!r}"[:300])
        crowd.seen.append((asker, found))

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(CLIENTS)

        async def one(company: Any, start: int) -> None:
            async with gate:
                await serve(company, start)

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(POOL - 1))
        await asyncio.gather(*[one(*bundle) for bundle in crowd.bundles])
        await sync_to_async(lambda: connection.close())()

    asyncio.run(all_of_them())


def bodies(crowd: Crowd) -> None:
    """Streamed answers read in turns by one thread: a part of one company's, then a part of the next one's."""
    from django.db import connection
    from django.http import StreamingHttpResponse

    from apps.tenancy.bodies import bind_body
    from apps.tenancy.context import bind_company
    from tests.isolation.reads import looks

    def parts(start: int, asker: str) -> Iterable[str]:
        for number in range(start, start + BUNDLE):
            yield from looks(number, 1, asker)

    waiting = list(crowd.bundles)
    while waiting:
        turn, waiting = waiting[:CLIENTS], waiting[CLIENTS:]
        open_ones = []
        for company, start in turn:
            with bind_company(company.binding()):
                open_ones.append(
                    (company.company_id, iter(bind_body(StreamingHttpResponse(parts(start, company.company_id)))))
                )
        for _ in range(BUNDLE):
            for asker, body in open_ones:
                crowd.hand_in(asker, lambda body=body: [next(body).decode()])
        connection.close()


def wsgi(crowd: Crowd) -> None:
    """The WSGI application, called by as many threads as a server would; every other body is streamed."""
    from config.wsgi import application

    def ask(company: Any, start: int) -> list[str]:
        kind, asker = ("read", "stream")[start // STRIDE % 2], company.company_id
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": f"/{kind}/", "SERVER_NAME": "x", "SERVER_PORT": "80",
            "QUERY_STRING": urlencode({"start": start, "count": BUNDLE, "asker": asker}),
            "HTTP_HOST": f"{asker}.localhost", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        }  # fmt: skip
        status: list[str] = []
        response = application(environ, lambda code, headers: status.append(code))
        body = b"".join(response)
        response.close()
        return _marks(kind, status[0][:3], body)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for company, start in crowd.bundles:
            act = lambda company=company, start=start: ask(company, start)  # noqa: E731
            pool.submit(crowd.hand_in, company.company_id, act)


def asgi(crowd: Crowd) -> None:
    """The ASGI application on one loop: views of both kinds, bodies of both kinds, in turn."""
    from config.asgi import application

    async def ask(company: Any, start: int) -> None:
        kind, asker = ("read", "aread", "stream", "astream")[start // STRIDE % 4], company.company_id
        query = urlencode({"start": start, "count": BUNDLE, "asker": asker}).encode()
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": f"/{kind}/",
            "query_string": query, "headers": [(b"host", f"{asker}.localhost".encode())],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent: list[dict[str, Any]] = []
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.sleep(3600)
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        try:
            await application(scope, receive, send)
            body = b"".join(one.get("body", b"") for one in sent[1:])
            crowd.seen.append((asker, _marks(kind, str(sent[0]["status"]), body)))
        except Exception as exc:
            crowd.errors.append(f"{asker}: {exc!r}"[:300])

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(CLIENTS)

        async def one(company: Any, start: int) -> None:
            async with gate:
                await ask(company, start)

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        await asyncio.gather(*[one(*bundle) for bundle in crowd.bundles])

    asyncio.run(all_of_them())


def _marks(kind: str, status: str, body: bytes) -> list[str]:
    if status != "200":
        raise AssertionError(f"{kind} answered {status}: {body[:200]!r}")
    return body.decode().split("\n")[:-1] if "stream" in kind else orjson.loads(body)


PATHS = {"threads": threads, "tasks": tasks, "bodies": bodies, "wsgi": wsgi, "asgi": asgi}


def main(paths: str, reads: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.isolation.crowd_settings")
    import django

    django.setup()
    from apps.tenancy.registry import all_companies
    from tests.isolation.reads import NAMES

    companies = [one for one in all_companies() if one.company_id in NAMES]
    for path in paths.split(","):
        crowd = Crowd(companies, int(reads))
        PATHS[path](crowd)
        sys.stdout.write(orjson.dumps(crowd.result(path)).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
