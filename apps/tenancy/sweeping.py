"""After a company is gone: nothing of it under any key, and the stores' files written anew without what was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from django.conf import settings
from redis import Redis
from redis.cluster import RedisCluster
from redis.exceptions import RedisError, ResponseError

from apps.core.errors import ExternalUnavailable
from apps.tenancy.cacheserver import CLUSTER
from apps.tenancy.context import current_company
from apps.tenancy.provisioning import owner_connection

log = structlog.get_logger("deskhand.lifecycle")
BATCH = 1000
# The registry held its name. Statistics of dropped tables, with the values most often met, are deleted but still there.
TABLES = ("public.tenancy_company", "public.tenancy_domain", "public.tenancy_order", "pg_catalog.pg_statistic")


def forget_keys() -> None:
    """Every key of the bound company on the cache server, of whatever code. Raises NoCompany, ExternalUnavailable."""
    pattern = f"t:{{{current_company().company_id}}}:*"
    for node in _nodes(settings.REDIS_URL):
        with _asked(node):
            for key in list(node.scan_iter(pattern, count=BATCH)):
                node.unlink(key)


def sweep_keys() -> None:
    """Have cache and queue write their files anew, where they keep any. Raises ExternalUnavailable."""
    for url in {settings.REDIS_URL, settings.BROKER_URL}:
        for node in _nodes(url):
            with _asked(node):
                _rewrite(node)


def sweep_database() -> None:
    """Rewrite the few shared tables that held something of the company: its own went with their files.

    Whoever reads them meanwhile waits some milliseconds. The write-ahead log and backups end by their own age.
    """
    with owner_connection() as owner:
        owner.autocommit = True
        for table in TABLES:
            owner.execute(f"VACUUM (FULL) {table}".encode())
        try:
            owner.execute("CHECKPOINT")
        except psycopg.errors.InsufficientPrivilege:
            log.info("sweep_waits", kind="checkpoint")  # the next one comes within minutes


def _rewrite(node: Any) -> None:
    """A managed server may not let us: then it is its keeper's to do."""
    try:
        if node.info("persistence").get("aof_enabled"):
            node.bgrewriteaof()
        if any(node.config_get("save").values()):
            node.bgsave(schedule=True)
    except ResponseError as exc:
        if "in progress" not in str(exc):
            log.info("sweep_waits", kind="keys")


def _nodes(url: str) -> list[Any]:
    """A client a server that holds keys: one, or each master of a cluster."""
    options: dict[str, Any] = {"socket_timeout": 10, "socket_connect_timeout": 2}
    if CLUSTER not in url.split("://", 1)[0]:
        return [Redis.from_url(url, **options)]
    try:
        cluster = RedisCluster.from_url(url.replace(CLUSTER, "", 1), **options)
        return [cluster.get_redis_connection(node) for node in cluster.get_primaries()]
    except RedisError as exc:
        raise ExternalUnavailable("The cache did not answer.", code="cache_unavailable") from exc


@contextmanager
def _asked(node: Any) -> Iterator[None]:
    try:
        yield
    except RedisError as exc:
        raise ExternalUnavailable("The cache did not answer.", code="cache_unavailable") from exc
    finally:
        node.close()
