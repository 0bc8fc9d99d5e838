"""Mixed reads of the bound company from every store. A read answers with whose it was: everything planted tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import connection, transaction

from apps.accounts.reach import ALL_TICKETS
from apps.tenancy.cache import declare

log = structlog.get_logger("deskhand.isolation.reads")
MARKS = declare("tests.marks", seconds=600, most=50)
VECTOR = [1.0] + [0.0] * 511  # the same for all: by closeness alone another's point would be as good
TOKENS = ([3, 5, 7], [1.0, 1.0, 1.0])
RAW = "SELECT email FROM accounts_user WHERE email LIKE 'reader@%%' AND name <> %s"


class Undone(Exception):
    """Rolls a savepoint back."""


def plant_marks(company: Any) -> None:
    """Row, cache values and point of one company, in its binding. Same keys, same vector for everybody."""
    from apps.accounts.models import User
    from apps.search.index import Point, Sparse, ensure_collection, open_index, point_id

    mark = company.company_id
    User.objects.make(email=f"reader@{mark}.example", name="Reader", role="agent")
    MARKS.put("mark", value=mark)
    cache.set("mark", mark, 600)
    ensure_collection()
    payload = {"kind": "article", "visibility": "public", "source_id": mark}
    point = Point(point_id("use_v1", UUID(int=1), "article", 0), VECTOR, Sparse(*TOKENS), payload)
    open_index().put([point])


def uproot_marks() -> None:
    """The points of the bound company; rows and keys go with the company and its lifetime."""
    from apps.search.index import erase_company

    erase_company()
    MARKS.clear()
    cache.delete("mark")


def look(number: int, asker: str) -> list[str]:
    """Read number `number` of the cycle for `asker`: whose everything was that came back. Empty: nothing came."""
    return CYCLE[number % len(CYCLE)](asker)


def looks(start: int, count: int, asker: str) -> list[str]:
    """`count` reads; one that found nothing, or two of one kind, is told as it is."""
    found = []
    for number in range(start, start + count):
        found.append(",".join(look(number, asker)) or f"nothing by {CYCLE[number % len(CYCLE)].__name__}")
    return found


def by_orm(_: str) -> list[str]:
    from apps.accounts.models import User

    return [_of(email) for email in User.objects.filter(email__startswith="reader@").values_list("email", flat=True)]


def in_a_transaction(asker: str) -> list[str]:
    with transaction.atomic():
        by_orm(asker)
        return by_raw(asker)


def after_a_savepoint(asker: str) -> list[str]:
    with transaction.atomic():
        try:
            with transaction.atomic():
                by_orm(asker)
                raise Undone
        except Undone:
            return by_orm(asker)


def by_raw(_: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(RAW, ["x"])
        return [_of(row[0]) for row in cursor.fetchall()]


def by_kept_statement(_: str) -> list[str]:
    with connection.prepared_cursor() as cursor:
        cursor.execute(RAW, ["y"])
        return [_of(row[0]) for row in cursor.fetchall()]


def by_every_name(_: str) -> list[str]:
    """A statement that names the schemas of all: only the own rows of it may show."""
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT email FROM c_{name}.accounts_user WHERE email LIKE 'reader@%'" for name in NAMES
            )
        )
        return [_of(row[0]) for row in cursor.fetchall()]


def from_the_cache(_: str) -> list[str]:
    return [str(_patiently(lambda: MARKS.get("mark")))]


def from_django_s_cache(_: str) -> list[str]:
    return [str(_patiently(lambda: cache.get("mark")))]


def by_vector(_: str) -> list[str]:
    from apps.search.index import Sparse, Wanted, open_index

    index, wanted = open_index(), Wanted(ALL_TICKETS, kinds=("article",))
    near = index.nearest(VECTOR, wanted, 5) + index.matching(Sparse(*TOKENS), wanted, 5)
    return sorted({str(one.id) for one in near})


def in_the_log(asker: str) -> list[str]:
    """The line carries the company of the context; whoever reads the log compares it with the asker."""
    log.warning("task_dropped", task="isolation.reads", reason=asker)
    return [asker]


def _of(email: str) -> str:
    return email.removeprefix("reader@").removesuffix(".example")


NAMES = ("north", "south", "west")
ROWS: tuple[Callable[[str], list[str]], ...] = (by_orm, in_a_transaction, by_raw, after_a_savepoint, by_kept_statement, by_every_name)  # fmt: skip
REST = (from_the_cache, from_django_s_cache, in_the_log)
CYCLE = (
    *ROWS,
    *REST,
    *ROWS,
    *REST,
    by_raw,
    *ROWS,
    *REST,
    by_vector,
)  # 29, a prime: with strides of 11 every kind comes to everybody


def _patiently(read: Callable[[], Any]) -> Any:
    """A busy cache server answers too late now and then, which the product takes for a miss: no leak, so ask again."""
    for _ in range(400):
        found = read()
        if isinstance(found, str):
            return found
        time.sleep(0.05)
    return found
