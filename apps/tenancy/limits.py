"""How often something may be tried: declared rates, counted by company in the cache server, held without it too.

A rate is a leaky bucket: `burst` tries at once, then one every `seconds`. It is kept as the one moment at which the
bucket is full again (GCRA), so what has run full is forgotten without loss, and what is stored stays small by itself:
refused tries store nothing.

Every process also counts its own tries, and asks the server only when it finds room. So a server that is away, slow,
full or read-only opens nothing: the limit is then held by each process instead of by all together.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from django.utils.crypto import salted_hmac

from apps.core.errors import RateLimited
from apps.tenancy.cache import stems_of
from apps.tenancy.cacheserver import Away, Script, server
from apps.tenancy.context import current_company

SPACE, VERSION = "tenancy.limits", 1
PUBLIC = "public"  # home of what is counted before any company is known; no company can have this name
KEEP_MS = 24 * 3600 * 1000  # longest than any bucket takes to fill
KEEP_MOST = 20_000  # buckets a process holds by itself, some 200 bytes each

# KEYS values, recent, names. ARGV now, lifetime, name, then field, gap and burst of every bucket. 0: taken from all;
# else the ms until all of them have one, and none is touched. `recent` is when a bucket is full, so the first are
# those that need not be kept.
TAKE = Script("""
local now, wait, full = tonumber(ARGV[1]), 0, {}
for i = 4, #ARGV, 3 do
  local gap, burst = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  full[i] = math.max(now, tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0'))
  wait = math.max(wait, full[i] - (burst - 1) * gap - now)
  full[i] = string.format('%.0f', full[i] + gap)
end
if wait > 0 then return wait end
for i = 4, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], full[i])
  redis.call('ZADD', KEYS[2], full[i], ARGV[i])
end
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, 8)) do
  redis.call('ZREM', KEYS[2], old)
  redis.call('HDEL', KEYS[1], old)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('SADD', KEYS[3], ARGV[3])
return 0
""")

# KEYS values, recent. ARGV field and gap of every bucket: one goes back.
GIVE = Script("""
for i = 1, #ARGV, 2 do
  local full = redis.call('HGET', KEYS[1], ARGV[i])
  if full then
    full = string.format('%.0f', tonumber(full) - tonumber(ARGV[i + 1]))
    redis.call('HSET', KEYS[1], ARGV[i], full)
    redis.call('ZADD', KEYS[2], full, ARGV[i])
  end
end
return 0
""")


class Mark(NamedTuple):
    """One bucket: a rate for one thing."""

    rate: Rate
    key: str


@dataclass(frozen=True)
class Rate:
    """`burst` tries at once, then one every `seconds`; of each thing by itself."""

    name: str
    burst: int
    seconds: float
    public: bool = False  # counted for the installation, where no company is known yet

    @property
    def gap(self) -> int:
        """Milliseconds between two tries in the long run."""
        return round(1000 * self.seconds)

    def of(self, *what: str) -> Mark:
        """The bucket of an address, a network, a person ... Stored only as a keyed hash."""
        return Mark(self, "\0".join((self.name, *what)))


_rates: dict[str, Rate] = {}


def declare_rate(name: str, *, burst: int, seconds: float, public: bool = False) -> Rate:
    """Declare a rate, '<room>.<what>', at import. Raises ValueError for a second, different one of the name."""
    if burst < 1 or seconds <= 0 or 1000 * burst * seconds > KEEP_MS:
        raise ValueError(f"{name!r}: at least one try, and full again within a day")
    made = Rate(name, burst, seconds, public)
    if _rates.setdefault(name, made) != made:
        raise ValueError(f"the rate {name} is declared twice, differently")
    return _rates[name]


def rates() -> list[Rate]:
    """All that are declared in this process, by name."""
    return [_rates[name] for name in sorted(_rates)]


def take(*marks: Mark) -> None:
    """One try from every bucket, or from none: then RateLimited with the seconds until all have one.

    Take before the try, not after: a hundred at once must not all find the bucket untouched. Raises NoCompany outside a
    company unless the rates are public; all must be, or none.
    """
    home = _home(marks)
    buckets = [(_field(home, one), one.rate.gap, one.rate.burst) for one in marks]
    now = time.time_ns() // 1_000_000
    values, recent, _leases, names, _head = stems_of(SPACE, VERSION, home)
    arguments = [part for bucket in buckets for part in bucket]
    wait = _own.take(buckets, now)
    if not wait:
        try:
            wait = server().run(TAKE, (values, recent, names), now, KEEP_MS, f"{SPACE}.{VERSION}", *arguments)
        except Away:
            wait = 0
        if wait:
            _own.give_back([(field, gap) for field, gap, _burst in buckets])
    if wait:
        raise RateLimited("too many tries", retry_after=wait / 1000)


def give_back(*marks: Mark) -> None:
    """One try back into every bucket: what was tried was right, and is not to be held against anybody."""
    home = _home(marks)
    buckets = [(_field(home, one), one.rate.gap) for one in marks]
    values, recent, _leases, _names, _head = stems_of(SPACE, VERSION, home)
    _own.give_back(buckets)
    with suppress(Away):  # not heard: it is held against them until the bucket has filled by itself
        server().run(GIVE, (values, recent), *[part for bucket in buckets for part in bucket])


class _Own:
    """The process's own buckets: what it has let through itself, whether the server heard of it or not."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._full: OrderedDict[bytes, int] = OrderedDict()

    def take(self, buckets: Sequence[tuple[bytes, int, int]], now: int) -> int:
        with self._lock:
            full = [max(now, self._full.get(name, 0)) for name, _gap, _burst in buckets]
            waits = [at - (burst - 1) * gap - now for at, (_name, gap, burst) in zip(full, buckets, strict=True)]
            if max(waits) > 0:
                return max(waits)
            for at, (name, gap, _burst) in zip(full, buckets, strict=True):
                self._full[name] = at + gap
                self._full.move_to_end(name)
            while len(self._full) > KEEP_MOST:  # those nobody has tried for longest
                self._full.popitem(last=False)
        return 0

    def give_back(self, buckets: Sequence[tuple[bytes, int]]) -> None:
        with self._lock:
            for name, gap in buckets:
                if name in self._full:
                    self._full[name] -= gap

    def forget(self) -> None:
        with self._lock:
            self._full.clear()


_own = _Own()


def _home(marks: Sequence[Mark]) -> str:
    kinds = {one.rate.public for one in marks}
    if len(kinds) != 1:
        raise ValueError("rates of the installation and of a company cannot be taken together")
    return PUBLIC if kinds.pop() else current_company().company_id


def _field(home: str, mark: Mark) -> bytes:
    """No address and no network is readable in the server."""
    return salted_hmac("deskhand.limits", f"{home}\0{mark.key}", algorithm="sha256").digest()[:16]
