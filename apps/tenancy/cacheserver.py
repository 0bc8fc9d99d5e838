"""The server behind `tenancy.cache`: one round trip a question, an answer within 100 ms or none, scripts in Lua."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import structlog
from django.conf import settings
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import ConnectionError as Broken
from redis.exceptions import NoScriptError, RedisClusterException, RedisError, ResponseError
from redis.exceptions import TimeoutError as Late
from redis.retry import Retry

PATIENCE = 0.09  # seconds for a connection, and for an answer: a reader waits no longer for a cache (F12)
FAILURES, PAUSE = 3, 2.0  # after so many in a row nobody is sent for so many seconds, then one goes to look
CLUSTER = "+cluster"  # redis+cluster://host:port is one node of a Redis or Valkey cluster
log = structlog.get_logger("deskhand.cache")


class Away(Exception):
    """No answer of use. `reason`: away (broken or late), resting (not asked), refused (full, read-only, an error)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Unknown(Away):
    """The server does not know the script (yet, or any more)."""


class Script:
    """A Lua script and its name on the server."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - the server's own name for it


class Breaker:
    """Of one node: after FAILURES in a row nobody is sent there for PAUSE seconds, then one goes to look."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures = 0
        self._rests_until = 0.0

    def rests(self) -> bool:
        """Whether this caller is not to go."""
        if not self._rests_until:
            return False
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                return True
            self._rests_until = now + PAUSE
            return False

    def failed(self, exc: Exception) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                if not self._rests_until:
                    log.warning("cache_away", code=type(exc).__name__)
                self._rests_until = time.monotonic() + PAUSE

    def answered(self) -> None:
        if not self._failures:
            return
        with self._lock:
            if self._rests_until:
                log.info("cache_back")
            self._failures, self._rests_until = 0, 0.0


class CacheServer:
    """Asks one server or cluster; safe for threads and for processes that fork. Every call raises Away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._made: Any = None
        self._breakers = {"": Breaker()}

    def field(self, key: str, name: bytes) -> bytes | None:
        """One field of a hash."""
        found: bytes | None = self._ask(key, "HGET", key, name)
        return found

    def run(self, script: Script, keys: Sequence[str], *arguments: str | bytes | int) -> Any:
        """A script's answer; it is sent whole only where the server does not know it yet."""
        try:
            return self._ask(keys[0], "EVALSHA", script.sha, len(keys), *keys, *arguments)
        except _Unknown:
            return self._ask(keys[0], "EVAL", script.text, len(keys), *keys, *arguments)

    def remove(self, *keys: str) -> int:
        """Keys of one company, in one command. How many there were."""
        return int(self._ask(keys[0], "UNLINK", *keys))

    def members(self, key: str) -> set[bytes]:
        return set(self._ask(key, "SMEMBERS", key))

    def _ask(self, key: str, *command: str | bytes | int) -> Any:
        breaker = self._breakers[""]
        if breaker.rests():
            raise Away("resting")
        try:
            client = self._client()
            if isinstance(client, RedisCluster):
                breaker.answered()  # it was for finding the nodes; each has its own
                breaker = self._breakers.setdefault(_node(client, key), Breaker())
                if breaker.rests():
                    raise Away("resting")
                answer = client.execute_command(*command)
            else:
                answer = _exchange(client.connection_pool, command)
        except NoScriptError as exc:
            breaker.answered()  # else the one that went to look would not be let through with the whole script
            raise _Unknown("refused") from exc
        except (Broken, Late, OSError, RedisClusterException) as exc:  # before RedisError: they are that too
            breaker.failed(exc)
            raise Away("away") from exc
        except RedisError as exc:
            breaker.answered()
            raise Away("refused") from exc
        breaker.answered()
        return answer

    def _client(self) -> Any:
        if self._made is None:
            with self._lock:
                self._made = self._made or _connect(self._url)
        return self._made


def _exchange(pool: ConnectionPool, command: Sequence[str | bytes | int]) -> Any:
    """Send and read. redis-py's own way round does the same for half as much CPU again.

    Whatever interrupts it closes the connection: an answer left unread would be the next caller's.
    """
    connection = pool.get_connection()
    try:
        connection.send_packed_command(connection.pack_command(*command), check_health=False)
        return connection.read_response()
    except ResponseError:
        raise
    except BaseException:
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def _node(cluster: RedisCluster, key: str) -> str:
    node = cluster.get_node_from_key(key)
    return str(node.name) if node else "nowhere"


def _connect(url: str) -> Any:
    """No second try anywhere: the caller has another way to its value."""
    options: dict[str, Any] = {
        "socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0),
    }  # fmt: skip
    if CLUSTER in url.split("://", 1)[0]:
        return RedisCluster.from_url(url.replace(CLUSTER, "", 1), dynamic_startup_nodes=False, **options)
    return Redis.from_url(url, **options)


@lru_cache(maxsize=1)
def server() -> CacheServer:
    """The installation's cache server (REDIS_URL), one object a process."""
    return CacheServer(settings.REDIS_URL)
