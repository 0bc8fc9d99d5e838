"""python -m tests.isolation.stock.run: does to the stock site what tenancy.md measured; prints a JSON object by leak."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import django
import orjson

NAMES = ("ta", "tb")


def prepare() -> None:
    """Two customers, a ticket each, and one in public: what a fall-through would find."""
    from django.db import connection

    from tests.isolation.stock.models import Customer, Host, Ticket

    with connection.schema_editor() as editor:
        for model in (Customer, Host, Ticket):
            editor.create_model(model)
    Ticket.objects.create(subject="public")
    for name in NAMES:
        customer = Customer.objects.create(schema_name=name)
        Host.objects.create(domain=f"{name}.example", tenant=customer, is_primary=True)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {name}; CREATE TABLE {name}.stock_ticket (LIKE public.stock_ticket INCLUDING ALL)")
            cursor.execute(f"INSERT INTO {name}.stock_ticket VALUES (1, '{name}')")


def tenant(name: str) -> Any:
    from tests.isolation.stock.models import Customer

    return Customer(schema_name=name)


def subjects() -> list[str]:
    from tests.isolation.stock.site import subjects as found

    return found()


def e1() -> Any:
    from django.db import connection
    from django.test import Client

    from tests.isolation.stock.site import EARLY

    EARLY.clear()
    for name in NAMES:
        Client(headers={"host": f"{name}.example"}).get("/sync/")
    return {"seen": list(EARLY), "afterwards": connection.schema_name}


def e2() -> Any:
    from django.test import AsyncClient

    async def ask() -> list[Any]:
        answers = [await AsyncClient().request(path="/later/", headers=[(b"host", f"{name}.example".encode())]) for name in NAMES]
        return [one.json() for one in answers]

    return asyncio.run(ask())


def e3() -> Any:
    from django.test import Client

    return [Client(headers={"host": f"{name}.example"}).get("/threads/").json() for name in NAMES]


def in_turns(*steps: list[Callable[[], Any]]) -> list[Any]:
    """The first step of each thread, then the second of each, and so on. Returns each thread's last answer."""
    barrier, found = threading.Barrier(len(steps)), [None] * len(steps)

    def work(place: int) -> None:
        from django.db import connection

        for step in range(max(map(len, steps))):
            for turn in range(len(steps)):
                barrier.wait(20)
                if turn == place and step < len(steps[place]):
                    found[place] = steps[place][step]()
        barrier.wait(20)
        connection.close()

    running = [threading.Thread(target=work, args=(place,)) for place in range(len(steps))]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return found


def e4(enter: Callable[[], Any], leave: Callable[[], Any]) -> Any:
    """Two threads, each on its own tenant, step into the same thing and out again: where is each then?"""
    from django.db import connection

    def steps(name: str) -> list[Callable[[], Any]]:
        return [lambda: connection.set_tenant(tenant(name)), enter, leave, subjects]

    return in_turns(*[steps(name) for name in NAMES])


def e4a() -> Any:
    other = tenant("public")
    return e4(other.__enter__, lambda: other.__exit__(None, None, None))


def e4b() -> Any:
    from django_tenants.utils import schema_context

    shared = schema_context("public")
    return e4(shared.__enter__, lambda: shared.__exit__(None, None, None))


def e4c() -> Any:
    from django.db import connection
    from django_tenants.utils import schema_context

    @schema_context("tb")
    def down(depth: int) -> None:
        if depth:
            down(depth - 1)

    connection.set_tenant(tenant("ta"))
    down(1)
    return subjects()


def e5() -> Any:
    """Six readers of two tenants; through a transaction-pooling PgBouncer when the URL leads there."""
    counts = {"own": 0, "other": 0}

    def work(place: int) -> None:
        from django.db import connection

        for number in range(100):
            name = NAMES[(place + number) % 2]
            connection.set_tenant(tenant(name))
            counts["own" if subjects() == [name] else "other"] += 1
        connection.close()

    running = [threading.Thread(target=work, args=(place,)) for place in range(6)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return counts


def e8() -> Any:
    from django.db import connection

    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tb.stock_ticket RENAME TO elsewhere")
    connection.set_tenant(tenant("tb"))
    found = subjects()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tb.elsewhere RENAME TO stock_ticket")
    return found


def e9() -> Any:
    from django.test import Client

    browser = Client(headers={"host": "ta.example"})
    browser.get("/session/?set=1")
    return browser.get("/session/", headers={"host": "tb.example"}).json()["secret"]


def e10() -> Any:
    from celery import Celery
    from django.db import connection

    app = Celery("stock", set_as_current=False)

    @app.task(name="with")
    def of_ta() -> None:
        connection.set_tenant(tenant("ta"))

    app.task(name="without")(subjects)
    app.tasks["with"].apply()
    connection.close()  # as Celery does between two tasks
    return app.tasks["without"].apply().get()


def e11() -> Any:
    from django.db import connection
    from django_tenants.cache import make_key
    from django_tenants.postgresql_backend.base import is_valid_schema_name

    keys = []
    for schema, prefix in (("t", "p:q"), ("t:p", "q")):
        connection.set_tenant(tenant(schema))
        keys.append(make_key("x", prefix, 1))
    connection.set_schema_to_public()
    return {"valid": [bool(is_valid_schema_name(name)) for name in ("public", "information_schema", "a,b", "../x", "t:p")], "keys": keys}


def r4() -> Any:
    """Whatever a statement names, it reads, writes and empties (R4, R5, R6)."""
    from django.db import connection

    connection.set_tenant(tenant("ta"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject FROM stock_ticket WHERE false UNION SELECT subject FROM tb.stock_ticket")
        read = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE tb.stock_ticket SET subject = 'x'")
        written = cursor.rowcount
        with cursor.copy("COPY tb.stock_ticket FROM STDIN") as copy:
            copy.write_row((2, "copied"))
        cursor.execute("TRUNCATE tb.stock_ticket; INSERT INTO tb.stock_ticket VALUES (1, 'tb')")
    return {"read": read, "written": written}


def temporary() -> Any:
    from django.db import connection

    connection.set_tenant(tenant("ta"))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stock_ticket AS SELECT 1 AS id, 'secret of ta'::text AS subject")
    connection.set_tenant(tenant("tb"))
    found = subjects()
    connection.close()
    return found


LEAKS = {"E1": e1, "E2": e2, "E3": e3, "E4a": e4a, "E4b": e4b, "E4c": e4c, "E5": e5, "E8": e8, "E9": e9, "E10": e10,
         "E11": e11, "R4": r4, "temporary": temporary}  # fmt: skip


def main(*names: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.isolation.stock.settings"
    django.setup()
    if not names:
        prepare()
    sys.stdout.write(orjson.dumps({name: act() for name, act in LEAKS.items() if not names or name in names}).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
