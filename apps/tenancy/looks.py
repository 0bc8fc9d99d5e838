"""One message that says "look" stands for all: so no company can fill a queue, however much it has to be done.

A task with `look = True` is told only where to look; what is to be done stands in the company's own tables. While one
such message waits, another would find what the first finds, so it is not sent. When it begins the mark goes, and the
next one waits again: behind the other companies' messages. With tasks that work for a few seconds and then send
themselves again, companies take turns.

Marks are a company's hash in the cache server (field -> when it ends, ms). Without the server, or after it has lost
them, messages are sent that need not be; after a queue has lost its messages a mark ends with the message it stood for.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from apps.tenancy.cache import stems_of
from apps.tenancy.cacheserver import Away, Script, server

SPACE, VERSION = "tenancy.looks", 1
Look = tuple[str, Sequence[Any]]  # a task and its arguments
SECONDS = 60  # a message without an end of its own is thought lost after it

# KEYS marks, names. ARGV now, end, name, field… Of each field 1: none waits, and this one is marked; 0: one does.
ANNOUNCE = Script("""
local fresh, any = {}, false
for n = 4, #ARGV do
  local waits = redis.call('HGET', KEYS[1], ARGV[n])
  local mine = not waits or tonumber(waits) <= tonumber(ARGV[1])
  if mine then redis.call('HSET', KEYS[1], ARGV[n], ARGV[2]) end
  any = any or mine
  fresh[n - 3] = mine and 1 or 0
end
if any then
  if redis.call('PTTL', KEYS[1]) < ARGV[2] - ARGV[1] then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
  redis.call('SADD', KEYS[2], ARGV[3])
end
return fresh
""")

# KEYS marks. ARGV field.
BEGIN = Script("return redis.call('HDEL', KEYS[1], ARGV[1])")


def announce(company_id: str, task: str, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float) -> bool:
    """Whether a message must be sent. It is marked as waiting, for as long as it may wait."""
    return announce_all(company_id, [(task, args)], seconds, kwargs=kwargs)[0]


def announce_all(
    company_id: str, looks: Sequence[Look], seconds: float, *, kwargs: Mapping[str, Any] | None = None
) -> list[bool]:
    """Of each (task, arguments) whether a message must be sent, in one question to the server."""
    now = time.time_ns() // 1_000_000
    marks, _recent, _leases, names, _head = stems_of(SPACE, VERSION, company_id)
    fields = [_field(task, args, kwargs or {}) for task, args in looks]
    try:
        fresh = server().run(ANNOUNCE, (marks, names), now, now + int(1000 * seconds), f"{SPACE}.{VERSION}", *fields)
    except Away:
        return [True] * len(fields)
    return [bool(one) for one in fresh]


def begin(company_id: str, task: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """The message waits no longer: who has something for it from now on sends another."""
    with suppress(Away):  # then a mark stays until it ends, and beat looks again after that
        server().run(BEGIN, stems_of(SPACE, VERSION, company_id)[:1], _field(task, args, kwargs))


def _field(task: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
    said = orjson.dumps([task, list(args), dict(kwargs)], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(said).digest()[:16]
