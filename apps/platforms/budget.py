"""The budget of a helpdesk account, learnt from its headers and held for all workers: a call is asked for before it is made.

A helpdesk counts the calls of all apps of an account together. We take what its answers tell, never more than a share
of it, and few at a time; the rest is the customer's. It is kept in the cache server, because every worker must see the
same, at once. Without that server nobody calls: a limit that is not known is not kept.

An account that does not answer costs more than its own company's time: a worker waits in every call. So it gets one call
at a time and rests after each (decision 0052).
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.core.errors import CredentialsRejected, ExternalUnavailable, RateLimited
from apps.platforms.base import Gate, Pass
from apps.tenancy.cache import stems_of
from apps.tenancy.cacheserver import Away, Script, server
from apps.tenancy.context import current_company

SPACE, VERSION = "platforms.budget", 1
WINDOW_MS = 60_000  # the limits of all known helpdesks are a minute's
SHARE = 0.6  # of the account's total that background work may use; the rest is other apps' and agents'
URGENT_SHARE = 0.95  # of the total, for a call an agent waits for
LANES, URGENT_LANES = 3, 6  # calls under way at once: so many more may follow a refusal (F9: at most two)
LANE_SECONDS = 45.0  # a worker that died in a call gives its lane back after it
KEEP_MS = 24 * 3600 * 1000
PATIENCE = (0.05, 0.3, 2.2)  # seconds between tries to reach the server; its breaker rests two
SHORT_MS = 400  # a wait that is not worth giving up the turn
SPENT, AWAY = "budget_spent", "helpdesk_away"  # codes of waits that are no failures
PATIENCE_SECONDS = (10.0, 30.0)  # for an answer: while the account is quick, and once it was not
SILENT_MS = 3000  # an account that has answered nobody for so long keeps no second worker waiting
REST_TIMES, REST_MOST_MS = 10, 300_000  # a call that waited for nothing: so many times its length nobody calls
QUICK_FAILURES, QUICK_REST_MS = 3, 60_000  # so many in a row without an answer of use: rest 2, 4, 8 … s, a minute at most
TURN_SECONDS = 3.0  # waiting for a lane: longer than a turn nobody sits there
FAIR_MS = 500  # who has asked for a lane so long gets the next one, before another call of those that have it; a list at once
ASKS_STILL_MS = 200  # who has not asked for so long is gone
SLOTS = 21  # twentieths of a window, and one more: no window holds more than these
NEWS = 0.1  # of a window: what was told longer ago may be of a minute that is over, and one call asks anew

# KEYS values, lanes, names. ARGV now, field stem, token, cost, listing, urgent, slot ms, window ms, share, lanes, lane ms,
# keep ms, name, try only, slots, news ms, urgent share, silent ms, patience ms, longer ms, fair ms, asks still ms. Answers
# {reason, ms}: 0 go (ms 1: with the longer patience), 1 rests, 2 lanes are taken, 3 spent, 4 key refused, 5 away.
_ENTER = """
local now, stem, cost, listing = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[4]), ARGV[5] == '1'
local urgent, slotms, window, share = ARGV[6] == '1', tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local function get(name) return redis.call('HGET', KEYS[1], stem .. name) end
if get('refused') then return {4, 0} end
local rest = tonumber(get('rest') or '0')
if rest > now then return {1, math.ceil(rest - now)} end
local away = tonumber(get('away') or '0')
if away > now and not urgent then return {5, math.ceil(away - now)} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local lanes, under_way, waiting, slow = 0, 0, 0, get('slow')
local silent, patience, oldest = tonumber(ARGV[18]), tonumber(slow and ARGV[20] or ARGV[19]) + 1000, now
local rows = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for i = 1, #rows, 2 do
  local taken = string.match(rows[i], '^(%d+)|' .. string.gsub(stem, '%-', '%%-') .. '|')
  local began = tonumber(rows[i + 1]) - tonumber(ARGV[11])
  if taken then
    lanes, under_way = lanes + 1, under_way + tonumber(taken)
    if now - began < patience then waiting, oldest = waiting + 1, math.min(oldest, began) end  -- an older one is dead
  end
end
if waiting > 0 and not urgent then
  local unanswered = now - math.max(oldest, tonumber(get('good') or '0')) >= silent
  if slow or unanswered or tonumber(get('bad') or '0') > 0 then return {5, 2000} end
end
-- since when the first in the queue has asked, when it asked last, which call it is
local since, last, first = string.match(get('queue') or '', '^(%d+):(%d+):(.+)$')
if first and now - tonumber(last) >= tonumber(ARGV[22]) then first = nil end
local is_first = not first or first == ARGV[3]
local gives_way = not urgent and not is_first and now - tonumber(since) >= tonumber(ARGV[21])
if lanes >= tonumber(ARGV[10]) or gives_way then
  if ARGV[14] ~= '1' and not urgent and (is_first or (listing and not gives_way)) then
    local begin = first == ARGV[3] and tonumber(since) or listing and now - tonumber(ARGV[21]) or now
    redis.call('HSET', KEYS[1], stem .. 'queue', string.format('%.0f:%.0f:%s', begin, now, ARGV[3]))
  end
  return {2, 10}
end
local total, left, told = tonumber(get('total') or '0'), tonumber(get('left') or '0'), tonumber(get('told') or '0')
if total == 0 or now - told >= window then
  if lanes > 0 then return {2, 10} end
else
  if left - under_way - cost < total * (1 - share) then
    local fresh = told + tonumber(ARGV[16])
    if lanes > 0 or left - cost < total * (1 - tonumber(ARGV[17])) then fresh = told + window end
    if now < fresh then return {3, math.max(1, fresh - now)} end
  end
end
local slots = tonumber(ARGV[15])
local slot, spent, listed, names = math.floor(now / slotms), 0, 0, {}
for i = 0, slots - 1 do names[i + 1] = stem .. 'slot' .. i end
for _, kept in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
  local at, all, lists = string.match(kept or '', '^(%d+):(%d+):(%d+)$')
  if at and tonumber(at) > slot - slots then spent, listed = spent + tonumber(all), listed + tonumber(lists) end
end
if total > 0 and not urgent then
  local most = 400
  for _, pair in ipairs({{50, 50}, {200, 20}, {400, 100}, {700, 200}, {1000, 300}}) do
    if total <= pair[1] then most = pair[2] break end
  end
  if total > 2000 then most = total * 0.2 end
  local over = spent > 0 and spent + cost > total * share
  if listing then over = over or (listed > 0 and listed + cost > most * share) end
  if over then return {3, slotms - now % slotms + 1} end
end
if ARGV[14] == '1' then return {0, 0} end  -- only asked
local place = 'slot' .. (slot % slots)
local at, all, lists = string.match(get(place) or '', '^(%d+):(%d+):(%d+)$')
if not at or tonumber(at) ~= slot then all, lists = 0, 0 end
if not urgent then all = all + cost end
if listing then lists = lists + cost end
redis.call('HSET', KEYS[1], stem .. place, string.format('%.0f:%.0f:%.0f', slot, all, lists))
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[11]), cost .. '|' .. stem .. '|' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[12])
redis.call('PEXPIRE', KEYS[2], ARGV[12])
redis.call('SADD', KEYS[3], ARGV[13])
if first == ARGV[3] then redis.call('HDEL', KEYS[1], stem .. 'queue') end
return {0, slow and 1 or 0}
"""

# KEYS values, lanes. ARGV now, field stem, token, cost, total, left, rest ms, refused, small, outcome (good, bad, broken
# off), lane ms, silent ms, times, most ms, quick failures, quick ms, spread. '' where nothing was told.
_LEAVE = """
local now, stem = tonumber(ARGV[1]), ARGV[2]
local lane, lanems, silent = ARGV[4] .. '|' .. stem .. '|' .. ARGV[3], tonumber(ARGV[11]), tonumber(ARGV[12])
local began = tonumber(redis.call('ZSCORE', KEYS[2], lane) or now + lanems) - lanems
redis.call('ZREM', KEYS[2], lane)
local function get(name) return tonumber(redis.call('HGET', KEYS[1], stem .. name) or '0') end
local function away(ms)
  local till = math.max(get('away'), now + ms * tonumber(ARGV[17]))
  redis.call('HSET', KEYS[1], stem .. 'away', string.format('%.0f', till))
end
local took, alone = now - began, get('good') <= began  -- alone: nobody was answered meanwhile
if ARGV[10] == 'good' then
  redis.call('HSET', KEYS[1], stem .. 'good', now)
  redis.call('HDEL', KEYS[1], stem .. 'bad')
  if took < silent then redis.call('HDEL', KEYS[1], stem .. 'slow', stem .. 'away')
  elseif alone then redis.call('HSET', KEYS[1], stem .. 'slow', '1') end  -- no rest: a page may need another call
elseif alone and (ARGV[10] == 'bad' or (ARGV[10] == 'broken off' and took >= silent)) then
  local bad = redis.call('HINCRBY', KEYS[1], stem .. 'bad', 1)
  if took >= silent then
    redis.call('HSET', KEYS[1], stem .. 'slow', '1')
    away(math.min(took * tonumber(ARGV[13]), tonumber(ARGV[14])))
  elseif bad >= tonumber(ARGV[15]) then
    away(math.min(1000 * 2 ^ (bad - tonumber(ARGV[15]) + 1), tonumber(ARGV[16])))
  end
end
if ARGV[6] ~= '' then
  local before, left = tonumber(redis.call('HGET', KEYS[1], stem .. 'left') or ARGV[6]), tonumber(ARGV[6])
  local told = tonumber(redis.call('HGET', KEYS[1], stem .. 'told') or '0')
  -- answers of calls that went side by side come in any order: a little more than the last one said is the past
  if left > before and left - before <= tonumber(ARGV[9]) and now - told < 2000 then left = before end
  redis.call('HSET', KEYS[1], stem .. 'left', left, stem .. 'told', now)
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], stem .. 'total', ARGV[5]) end
end
if ARGV[7] ~= '' then
  local rest = math.max(tonumber(redis.call('HGET', KEYS[1], stem .. 'rest') or '0'), now + tonumber(ARGV[7]))
  redis.call('HSET', KEYS[1], stem .. 'rest', string.format('%.0f', rest))
end
if ARGV[8] == '1' then redis.call('HSET', KEYS[1], stem .. 'refused', '1') end
return 0
"""
ENTER, LEAVE = Script(_ENTER), Script(_LEAVE)
LEAVE_TAKES = 17

# One call ends and the next begins, in one round trip: the arguments of LEAVE, then those of ENTER, whose answer it is.
TURN = Script(f"""
local function leave(KEYS, ARGV) {_LEAVE} end
local function enter(KEYS, ARGV) {_ENTER} end
leave(KEYS, {{unpack(ARGV, 1, {LEAVE_TAKES})}})
return enter(KEYS, {{unpack(ARGV, {LEAVE_TAKES + 1})}})
""")

# KEYS values. ARGV field stem. What was learnt and what was refused under an old key is forgotten.
FORGET = Script("""
local stem = ARGV[1]
return redis.call('HDEL', KEYS[1], stem .. 'refused', stem .. 'rest', stem .. 'away', stem .. 'bad', stem .. 'slow')
""")
TOLD = Script("""
local stem = ARGV[1]
return redis.call('HMGET', KEYS[1], stem .. 'total', stem .. 'left', stem .. 'told', stem .. 'rest', stem .. 'away',
  stem .. 'slow', stem .. 'bad')
""")


@dataclass(frozen=True, slots=True)
class Told:
    """What the account last told of its budget; None: not known. `rests_s`: nobody calls for so long. `slow`: its last
    answer took long or did not come; `bad`: calls in a row without an answer of use."""

    total: float | None = None
    left: float | None = None
    age_s: float | None = None
    rests_s: float = 0.0
    slow: bool = False
    bad: int = 0


@dataclass(slots=True)
class _Wish:
    """A call that waits for a lane: the end of another of this process asks for it. `answer`: what that one heard."""

    token: str
    cost: int
    listing: bool
    answer: tuple[int, int] | None = None


class AccountGate(Gate):
    """The gate of one connection of the bound company. `urgent`: an agent waits for the answer."""

    def __init__(self, connection_id: UUID, *, urgent: bool = False) -> None:
        self._stem, self._urgent = f"{connection_id}:", urgent
        self._keys = _keys()
        self._asking, self._ended = asyncio.Lock(), asyncio.Event()
        self._under_way = 0
        self._wish: _Wish | None = None

    async def enter(self, cost: int, *, listing: bool = False) -> Pass:
        until = time.monotonic() + TURN_SECONDS
        async with self._asking:  # the others of this process would hear the same
            wish = _Wish(secrets.token_hex(6), cost, listing)
            # where all lanes are this process's own, only the end of one of them brings news
            reason, wait = (2, SHORT_MS) if self._all_ours() else await self._ask(wish)
            while True:
                if reason == 0:
                    self._under_way += 1
                    return Pass(wish.token, cost, PATIENCE_SECONDS[wait])
                if reason == 4:
                    raise CredentialsRejected("the helpdesk has refused this key")
                if reason == 5:
                    raise RateLimited("the helpdesk does not answer", retry_after=wait / 1000, code=AWAY)
                if (reason != 2 and wait > SHORT_MS) or time.monotonic() > until:
                    raise RateLimited("the account's budget is spent", retry_after=1.0 if reason == 2 else wait / 1000, code=SPENT)
                await self._sent_on(wish, (SHORT_MS if self._all_ours() else wait) / 1000)
                reason, wait = wish.answer or await self._ask(wish)

    def _all_ours(self) -> bool:
        return self._under_way >= (URGENT_LANES if self._urgent else LANES)

    async def _ask(self, wish: _Wish) -> tuple[int, int]:
        """Reason and wait in ms."""
        reason, wait = await self._patiently(lambda: server().run(ENTER, self._keys, *self._entry(wish)))
        return reason, wait

    async def _sent_on(self, wish: _Wish, seconds: float) -> None:
        """Until the end of another call has asked for this one, or the time is over and it asks itself."""
        wish.answer, self._wish = None, wish
        self._ended.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._ended.wait()
        except BaseException:  # nobody is there to use the lane that was got meanwhile
            if wish.answer is not None and wish.answer[0] == 0:
                with suppress(Away):
                    server().run(LEAVE, self._keys[:2], *self._exit(Pass(wish.token, wish.cost)))
            raise
        finally:
            self._wish = None

    async def leave(
        self, entry: Pass, *, total: float | None = None, left: float | None = None, rest: float | None = None,
        refused: bool = False, useful: bool | None = None,
    ) -> None:  # fmt: skip
        ended = self._exit(entry, total=total, left=left, rest=rest, refused=refused, useful=useful)
        self._under_way -= 1
        wish, self._wish = self._wish, None
        try:
            if wish is not None:
                reason, wait = server().run(TURN, self._keys, *ended, *self._entry(wish))
                wish.answer = reason, wait
            else:
                server().run(LEAVE, self._keys[:2], *ended)
        except Away:  # who waits asks for itself
            with suppress(ExternalUnavailable):  # not heard: the lane ends by itself, and the next caller finds no server either
                await self._patiently(lambda: server().run(LEAVE, self._keys[:2], *ended))
        self._ended.set()
        await asyncio.sleep(0)  # whoever waits is sent on before this answer is taken apart

    def wait(self) -> float:
        """Seconds until a plain call may be made; 0: now, or as soon as one under way has ended."""
        try:
            reason, wait = server().run(ENTER, self._keys, *self._entry(_Wish("", 1, listing=False), only_try=True))
        except Away:
            return 1.0
        return 3600.0 if reason == 4 else wait / 1000 if reason in (1, 3, 5) else 0.0

    def _entry(self, wish: _Wish, *, only_try: bool = False) -> tuple[str | int, ...]:
        lanes, share = (URGENT_LANES, URGENT_SHARE) if self._urgent else (LANES, SHARE)
        return (
            _now(), self._stem, wish.token, wish.cost, int(wish.listing), int(self._urgent),
            WINDOW_MS // (SLOTS - 1), WINDOW_MS, str(share), lanes, int(1000 * LANE_SECONDS), KEEP_MS,
            f"{SPACE}.{VERSION}", int(only_try), SLOTS, int(NEWS * WINDOW_MS), str(URGENT_SHARE), SILENT_MS,
            *(int(1000 * seconds) for seconds in PATIENCE_SECONDS), FAIR_MS, ASKS_STILL_MS,
        )  # fmt: skip

    def _exit(
        self, entry: Pass, *, total: float | None = None, left: float | None = None, rest: float | None = None,
        refused: bool = False, useful: bool | None = None,
    ) -> tuple[str | int, ...]:  # fmt: skip
        # everybody who waits for the same end would come at the same moment
        pause = "" if rest is None else int(1000 * (rest + random.uniform(0.2, 2)))  # noqa: S311
        told = ["" if one is None else int(one) for one in (total, left)]
        outcome = "broken off" if useful is None else "good" if useful else "bad"
        return (
            _now(), self._stem, entry.token, entry.cost, *told, pause, int(refused), 5 * LANES, outcome,
            int(1000 * LANE_SECONDS), SILENT_MS, REST_TIMES, REST_MOST_MS, QUICK_FAILURES, QUICK_REST_MS,
            str(random.uniform(1, 1.3)),  # noqa: S311
        )  # fmt: skip

    async def _patiently(self, ask: Callable[[], Any]) -> Any:
        for pause in (*PATIENCE, None):
            try:
                return ask()
            except Away as exc:
                if pause is None:
                    raise ExternalUnavailable("the account's budget is not known", code="budget_unavailable") from exc
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")


def budget_of(connection_id: UUID) -> Told:
    """What the account of this connection last told; nothing when the server does not answer."""
    try:
        total, left, told, rest, away, slow, bad = server().run(TOLD, _keys()[:1], f"{connection_id}:")
    except Away:
        return Told()
    now = _now()
    return Told(
        total=float(total) if total else None,
        left=float(left) if left else None,
        age_s=round((now - int(told)) / 1000, 1) if told else None,
        rests_s=max(0.0, round((max(float(rest or 0), float(away or 0)) - now) / 1000, 1)),
        slow=bool(slow),
        bad=int(bad or 0),
    )


def forget_refusal(connection_id: UUID) -> None:
    """The connection has a new key: calls may be made again. Raises ExternalUnavailable when nobody heard it."""
    try:
        server().run(FORGET, _keys()[:1], f"{connection_id}:")
    except Away as exc:
        raise ExternalUnavailable("The cache did not answer.", code="budget_unavailable") from exc


def _keys() -> tuple[str, str, str]:
    values, recent, _leases, names, _head = stems_of(SPACE, VERSION, current_company().company_id)
    return values, recent, names


def _now() -> int:
    return time.time_ns() // 1_000_000
