"""The product's cache: declared namespaces, bounded a company, always under the bound company, never without one.

A cache is never the reason why a reader fails: a server that is down, slow, full or read-only is a miss. Two things
do raise: no company bound, and a value that is another company's.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from random import random
from threading import Event, Lock
from typing import Any, Final, NamedTuple

import orjson
import structlog
from prometheus_client import Counter

from apps.core.errors import ExternalUnavailable, TenantLeak
from apps.tenancy.cachescripts import DELETE, LEASE, PUT, RELEASE, TOUCH
from apps.tenancy.cacheserver import Away, server
from apps.tenancy.context import current_company

VERSION = 1
TOUCHES = 1 / 16  # share of the hits that are noted as use: exact enough to know what is used, and a hit stays a HGET
POLL_SECONDS = (0.005, 0.05)  # between two looks at a lease of another process: first, longest
_NAME = re.compile(r"\A[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")
OUTCOMES = ("hit", "miss", "stored", "outdated", "away", "resting", "refused", "too_big", "foreign")
CALLS = Counter("deskhand_cache_calls", "Calls of the product's cache by outcome.", ["namespace", "outcome"])
log = structlog.get_logger("deskhand.cache")


def make_key(key: str, prefix: str, version: int) -> str:
    """Keys of Django's cache: 't:{company}:v<schema version>:<prefix>:<version>:<key>'. Raises NoCompany.

    The braces are a cluster hash tag; company ids hold no ':' (names.py), so keys of two companies cannot meet.
    """
    return f"t:{{{current_company().company_id}}}:v{VERSION}:{prefix}:{version}:{key}"


def reverse_key(key: str) -> str:
    """The caller's part of a key of Django's cache."""
    return key.split(":", 5)[5]


class Absent(Enum):
    """What `get` answers when there is nothing; None may be a cached answer."""

    MISS = "miss"


MISS: Final = Absent.MISS


class Undeclared(LookupError):
    """A namespace nobody declared, or declared twice and differently: a bug."""


@dataclass(frozen=True)
class Namespace:
    """One kind of cached values. `declare` makes it; its limits hold for every company by itself.

    Values are what JSON can say and come back as such, on a miss too. All methods raise NoCompany outside a binding;
    readers raise TenantLeak for another company's value; nothing else.
    """

    name: str
    seconds: int  # a value lives
    most: int  # entries of a company, exactly
    version: int = 1  # raise it when the shape of the values changes
    none_seconds: int = 0  # how long "there is none" may be remembered; 0: not at all
    lease_seconds: int = 10  # the longest a value takes to make; a dead maker is waited for so long
    most_bytes: int = 256 * 1024  # of a value; a bigger one is not stored
    counters: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    def get(self, *key: Any) -> Any:
        """The value, or MISS."""
        payload = self._read(_Place.of(self, key))
        return MISS if payload is None else orjson.loads(payload)

    def put(self, *key: Any, value: Any) -> None:
        """Store. The one unused for longest goes when there are `most`."""
        self._store(_Place.of(self, key), orjson.dumps(value), "")

    def get_or_make(self, *key: Any, make: Callable[[], Any]) -> Any:
        """The value, made by one caller of all threads and processes that miss at once. What `make` raises is raised.

        A value that was deleted or cleared while it was made is handed out but not stored.
        """
        place = _Place.of(self, key)
        payload = self._read(place)
        return orjson.loads(payload if payload is not None else self._fly(place, make))

    def delete(self, *key: Any) -> bool:
        """False when the server did not hear it: the value may be read until its lifetime is over."""
        place = _Place.of(self, key)
        _flights.pop(place.flight, None)
        keys = (place.values, place.recent, place.leases)
        return self._try(lambda: server().run(DELETE, keys, place.field)) is not None

    def clear(self) -> bool:
        """All values of the bound company, and those being made now: they will not be stored. False: not heard."""
        keys = _keys(self.name, self.version)
        _ground(keys[0])
        return self._try(lambda: server().remove(*keys)) is not None

    def _read(self, place: _Place) -> bytes | memoryview | None:
        raw = self._try(self._touch if random() < TOUCHES else self._look, place)  # noqa: S311 - no secret
        if raw is None:
            self.counters["miss"].inc()
            return None
        return self._opened(raw, place)

    def _look(self, place: _Place) -> bytes | None:
        return server().field(place.values, place.field)

    def _touch(self, place: _Place) -> Any:
        """Like `_look`, and the use is noted; a server that takes no writes is read all the same."""
        try:
            return server().run(TOUCH, (place.values, place.recent), place.field, _now())
        except Away as exc:
            if exc.reason != "refused":
                raise
            return self._look(place)

    def _opened(self, raw: bytes, place: _Place) -> bytes | memoryview | None:
        """The payload of an envelope that is ours and has not expired."""
        if not raw.startswith(place.head, 13):
            if raw[13:].split(b"\n", 4)[2:4] != place.head.split(b"\n", 4)[2:4]:
                self.counters["foreign"].inc()
                log.error("cache_foreign_value", kind=self.name)
                raise TenantLeak(f"the cache held a value of another company or region in {self.name}")
            self.counters["outdated"].inc()
            return None
        if int(raw[:13]) <= _now():
            self.counters["outdated"].inc()
            return None
        self.counters["hit"].inc()
        return memoryview(raw)[13 + len(place.head) :]

    def _store(self, place: _Place, payload: bytes, token: str) -> None:
        if len(payload) > self.most_bytes:
            self.counters["too_big"].inc()
            return self._release(place, token)
        now = _now()
        lives = 1000 * (self.none_seconds if payload == b"null" and self.none_seconds else self.seconds)
        raw = b"%013d%b%b" % (now + lives, place.head, payload)
        keys = (place.values, place.recent, place.leases, place.names)
        stays = 1000 * self.seconds
        name = f"{self.name}.{self.version}"
        if self._try(lambda: server().run(PUT, keys, place.field, raw, now, stays, self.most, name, token)):
            self.counters["stored"].inc()
        return None

    def _fly(self, place: _Place, make: Callable[[], Any]) -> bytes | memoryview:
        """One thread of the process goes on; the others wait for what it brings."""
        mine = _Flight()
        flight = _flights.setdefault(place.flight, mine)  # one step for all threads
        if flight is not mine:
            brought = flight.wait(self.lease_seconds)
            return orjson.dumps(make()) if brought is None else brought
        try:
            mine.payload = self._lead(place, make)
            return mine.payload
        except BaseException as exc:
            mine.error = exc
            raise
        finally:
            with _landing:
                if _flights.get(place.flight) is mine:
                    del _flights[place.flight]
            mine.landed.set()

    def _lead(self, place: _Place, make: Callable[[], Any]) -> bytes | memoryview:
        """One process of all makes the value; the others look until it is there or the lease has ended."""
        token, pause = secrets.token_hex(8), POLL_SECONDS[0]
        while True:
            keys, length = (place.values, place.leases), 1000 * self.lease_seconds
            got = self._try(server().run, LEASE, keys, place.field, token, _now(), length)
            if isinstance(got, bytes):
                payload = self._opened(got, place)
                if payload is not None:
                    return payload
                token = ""
                break
            if not got:
                token = token if got == 0 else ""  # without a server everybody makes their own
                break
            time.sleep(min(pause, got / 1000))
            pause = min(2 * pause, POLL_SECONDS[1])
        try:
            made = orjson.dumps(make())
        except BaseException:
            self._release(place, token)
            raise
        if made == b"null" and not self.none_seconds:
            self._release(place, token)
        else:
            self._store(place, made, token)
        return made

    def _release(self, place: _Place, token: str) -> None:
        if token:
            self._try(lambda: server().run(RELEASE, (place.leases,), place.field, token))

    def _try(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        """None instead of an answer that does not come."""
        try:
            return ask(*arguments)
        except Away as exc:
            self.counters[exc.reason].inc()
            return None


class _Place(NamedTuple):
    """Where one value lies: the keys of its company's namespace, its field, the head its envelope must have."""

    field: bytes
    values: str
    recent: str
    leases: str
    names: str
    head: bytes

    @classmethod
    def of(cls, space: Namespace, key: tuple[Any, ...]) -> _Place:
        bound = current_company()
        name = hashlib.sha256(orjson.dumps(key)).digest()[:16]
        return cls(name, *_stems(space.name, space.version, bound.company_id, bound.region))

    @property
    def flight(self) -> tuple[str, bytes]:
        return self.values, self.field


class _Flight:
    """A value on its way, for the threads that wait for it."""

    def __init__(self) -> None:
        self.landed = Event()
        self.payload: bytes | memoryview | None = None
        self.error: BaseException | None = None

    def wait(self, seconds: float) -> bytes | memoryview | None:
        """What it brought; raises what `make` raised. None when it has not landed in time (or waits for this thread)."""
        if not self.landed.wait(seconds):
            return None
        if self.error is not None:
            raise self.error
        return self.payload


_declared: dict[str, Namespace] = {}
_flights: dict[tuple[str, bytes], _Flight] = {}
_landing = Lock()


def declare(name: str, *, seconds: int, most: int, **limits: int) -> Namespace:
    """Declare a namespace, '<room>.<what>', at import. Raises Undeclared for a second, different one of the name."""
    if not _NAME.match(name) or seconds <= 0 or most <= 0:
        raise ValueError(f"{name!r}: a name like room.what, a lifetime and a bound")
    counters = {outcome: CALLS.labels(name, outcome) for outcome in OUTCOMES}
    made = Namespace(name, seconds, most, counters=counters, **limits)
    if _declared.setdefault(name, made) != made:
        raise Undeclared(f"{name} is declared twice, with different limits")
    return _declared[name]


def namespace(name: str) -> Namespace:
    """A declared namespace. Raises Undeclared."""
    try:
        return _declared[name]
    except KeyError:
        raise Undeclared(f"no cache namespace {name}: declare it with its lifetime and bound") from None


def namespaces() -> list[Namespace]:
    """All that are declared in this process, by name."""
    return [_declared[name] for name in sorted(_declared)]


def forget_company() -> None:
    """Every cached value of the bound company, of other releases too: at erasure and closing. Nobody else is looked at.

    Raises NoCompany; ExternalUnavailable when the server does not answer: values must not be thought gone.
    """
    prefix = _prefix(current_company().company_id)
    _ground(prefix)
    known = {f"{one.name}.{one.version}" for one in namespaces()}
    try:
        known |= {one.decode() for one in server().members(f"{prefix}names")}
        server().remove(f"{prefix}names", *(key for one in known for key in _keys(*one.rsplit(".", 1))))
    except Away as exc:
        raise ExternalUnavailable("The cache did not answer.", code="cache_unavailable") from exc


def _ground(stem: str) -> None:
    """Values being made in this process are not for those who ask from now on."""
    for flight in [one for one in list(_flights) if one[0].startswith(stem)]:
        _flights.pop(flight, None)


def _prefix(company_id: str) -> str:
    """The company in braces puts all its keys into one slot of a cluster."""
    return f"t:{{{company_id}}}:v{VERSION}:"


@lru_cache(maxsize=4096)
def _stems(name: str, version: int | str, company_id: str, region: str) -> tuple[str, str, str, str, bytes]:
    """Keys of a company's namespace: values, order of use, leases, names of its namespaces; the head of its envelopes."""
    prefix = _prefix(company_id)
    stem = f"{prefix}{name}.{version}:"
    head = f"\n{version}\n{company_id}\n{region}\n".encode()
    return f"{stem}values", f"{stem}recent", f"{stem}leases", f"{prefix}names", head


def stems_of(name: str, version: int, company_id: str) -> tuple[str, str, str, str, bytes]:
    """Keys of something else that is kept as a namespace is, so that `forget_company` finds it (limits.py)."""
    return _stems(name, version, company_id, "")


def _keys(name: str, version: int | str) -> tuple[str, str, str]:
    bound = current_company()
    return _stems(name, version, bound.company_id, bound.region)[:3]


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
