"""The messages of one company in the queue (Redis or Valkey): those that wait, and those a worker has taken.

Reads what kombu keeps there: a list a queue, and `unacked` for what was handed out and not yet acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
from django.conf import settings
from django.core import signing
from redis import Redis
from redis.exceptions import RedisError

from apps.core.errors import ExternalUnavailable
from apps.tenancy.tasks import HEADER, SALT

PREFIX = "deskhand:"  # config.celery_settings: global_keyprefix
TAKEN, TAKEN_INDEX = f"{PREFIX}unacked", f"{PREFIX}unacked_index"
SHARED = ("interactive", "sync", "index")  # of the workers in which companies take turns
BATCH = 1000
_own: Any = None


def messages_wait() -> bool:
    """Whether any message waits for a worker that companies share. False when the queue does not answer at once."""
    global _own
    if _own is None:
        _own = Redis.from_url(settings.BROKER_URL, socket_timeout=0.2, socket_connect_timeout=0.2)
    with suppress(RedisError):
        return bool(_own.exists(*(f"{PREFIX}{queue}" for queue in SHARED)))
    return False


def running_messages(company_id: str) -> int:
    """How many messages of the company a worker has and has not acknowledged. Raises ExternalUnavailable."""
    with _queue() as queue:
        return sum(1 for _ in _taken(queue, company_id))


def drop_messages(company_id: str) -> int:
    """Take every message of the company out of the queue; how many there were. Raises ExternalUnavailable.

    For a company that nobody sends for any more: what is sent meanwhile may stay, and its worker drops it.
    """
    dropped = 0
    with _queue() as queue:
        for key in list(queue.scan_iter(f"{PREFIX}*", count=BATCH, _type="list")):
            dropped += _drop_from(queue, key, company_id)
        for tag in list(_taken(queue, company_id)):
            queue.hdel(TAKEN, tag)
            queue.zrem(TAKEN_INDEX, tag)
            dropped += 1
    return dropped


def _drop_from(queue: Any, key: bytes, company_id: str) -> int:
    """From the list's end to its start: others take away and put in meanwhile, and a message is removed by its text."""
    found = [raw for start in range(0, queue.llen(key), BATCH) for raw in queue.lrange(key, start, start + BATCH - 1)]
    return sum(queue.lrem(key, 0, raw) for raw in set(found) if company_of(orjson.loads(raw)) == company_id)


def _taken(queue: Any, company_id: str) -> Iterator[bytes]:
    for tag, raw in queue.hscan_iter(TAKEN, count=BATCH):
        if company_of(orjson.loads(raw)[0]) == company_id:
            yield tag


def company_of(message: Any) -> str | None:
    """Whom a message of kombu's is for; None for one of the installation's own, or one we have not signed."""
    try:
        envelope = message["headers"][HEADER]
        company: str = signing.loads(envelope, salt=SALT)["company_id"]
    except (KeyError, TypeError, signing.BadSignature):
        return None
    return company


@contextmanager
def _queue() -> Iterator[Any]:
    queue = Redis.from_url(settings.BROKER_URL, socket_timeout=10, socket_connect_timeout=2)
    try:
        yield queue
    except RedisError as exc:
        raise ExternalUnavailable("The queue did not answer.", code="queue_unavailable") from exc
    finally:
        queue.close()
