"""How much of one kind a company may have under way at the same time: the rest is refused at once, not kept waiting.

Waiting requests hold threads of the web processes, which all companies share. Held in the cache server for all
processes, with an end for those whose process died. Every process counts its own too, so without the server the limit
is held by each by itself.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

from apps.core.errors import RateLimited
from apps.tenancy.cache import stems_of
from apps.tenancy.cacheserver import Away, Script, server
from apps.tenancy.context import current_company

VERSION = 1
RETRY_SECONDS = 2.0

# KEYS held, names. ARGV now, end, most, token, lifetime, name. 1: yours.
TAKE = Script("""
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('SADD', KEYS[2], ARGV[6])
return 1
""")
# KEYS held. ARGV token.
LEAVE = Script("return redis.call('ZREM', KEYS[1], ARGV[1])")

_own: Counter[tuple[str, str]] = Counter()
_lock = Lock()


@dataclass(frozen=True)
class Slots:
    """`most` at the same time for each company; one that is not given back ends after `seconds`."""

    name: str
    most: int
    seconds: float

    @contextmanager
    def held(self) -> Iterator[None]:
        """One of the bound company's. Raises RateLimited when all are taken, NoCompany without a company."""
        company_id = current_company().company_id
        place, token = (self.name, company_id), secrets.token_hex(8)
        with _lock:
            if _own[place] >= self.most:
                raise self._refused()
            _own[place] += 1
        try:
            told = self._take(company_id, token)
            try:
                yield
            finally:
                if told:
                    with suppress(Away):
                        server().run(LEAVE, stems_of(self.name, VERSION, company_id)[:1], token)
        finally:
            with _lock:
                _own[place] -= 1

    def _take(self, company_id: str, token: str) -> bool:
        """Whether the server has noted it; False when it is away."""
        held, _recent, _leases, names, _head = stems_of(self.name, VERSION, company_id)
        now, lives = time.time_ns() // 1_000_000, int(1000 * self.seconds)
        name = f"{self.name}.{VERSION}"
        try:
            if server().run(TAKE, (held, names), now, now + lives, self.most, token, lives, name):
                return True
        except Away:
            return False
        raise self._refused()

    def _refused(self) -> RateLimited:
        return RateLimited(
            f"{self.name}: {self.most} are under way", retry_after=RETRY_SECONDS, code="too_many_at_once"
        )
