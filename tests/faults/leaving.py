"""A company to be closed with something of it in every store, and what is left there afterwards."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import orjson
import psycopg
from django.conf import settings
from redis import Redis

from apps.compliance.heads import read_store
from apps.core.audit import record
from apps.ingest.tasks import index_owed
from apps.search.index import DENSE_SIZE, Point, Sparse, ensure_collection, open_index
from apps.tenancy import queues
from apps.tenancy.cache import declare
from apps.tenancy.context import Binding, bind_company
from apps.tenancy.names import schema_of

NOTES = declare("leaving.notes", seconds=600, most=10)


def binding_of(company_id: str) -> Binding:
    return Binding(schema_of(company_id), company_id, settings.REGION)


def furnish(company_id: str, superuser_url: str) -> None:
    """An entry of its audit log, a vector, a cached value, a message of its own."""
    ensure_collection()
    Path(settings.AUDIT_HEADS_DIR, f"{company_id}.jsonl").unlink(missing_ok=True)
    with bind_company(binding_of(company_id)):
        record("signed_in", mode="password")
        payload = {"kind": "message", "visibility": "public"}
        open_index().put([Point(uuid4(), [1.0] + [0.0] * (DENSE_SIZE - 1), Sparse([7], [1.0]), payload)])
        NOTES.put("note", value="of it")
        index_owed.apply_async([company_id])
    found = left_over(company_id, superuser_url)
    assert min(found.values()) == 1, found


def left_over(company_id: str, superuser_url: str) -> dict[str, int]:
    """How much of it each store holds, at most 1 each."""
    with bind_company(binding_of(company_id)):
        vectors = open_index().count()
    with psycopg.connect(superuser_url) as admin:
        schemas = admin.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema_of(company_id)]).fetchall()
    cache, queue = Redis.from_url(settings.REDIS_URL), Redis.from_url(settings.BROKER_URL)
    raws = [raw for key in queue.scan_iter(f"{queues.PREFIX}*", _type="list") for raw in queue.lrange(key, 0, -1)]
    messages = [raw for raw in raws if queues.company_of(orjson.loads(raw)) == company_id]
    keys = list(cache.scan_iter(f"t:{{{company_id}}}:*", count=10_000))
    return {name: min(1, len(some)) for name, some in
            (("vectors", range(vectors)), ("schemas", schemas), ("messages", messages), ("keys", keys))}  # fmt: skip


def heads_kept(company_id: str) -> tuple[list[int], list[int]]:
    """Numbers of the entries whose seal is kept outside the database, and lines of that file that are broken."""
    with bind_company(binding_of(company_id)):
        store = read_store()
    return [one.seq for one in store.heads], store.broken
