"""What happens in the cache server at once, in Lua: no other client sees a state in between.

A namespace of a company is a hash (field -> envelope), a sorted set (field -> when last used, ms) and a hash of leases
(field -> token of 16 characters, then when it ends). An envelope begins with 13 digits: ms since 1970 when it expires.
"""

from __future__ import annotations

from apps.tenancy.cacheserver import Script

# KEYS values, recent. ARGV field, now. The value, noted as used unless it has expired.
TOUCH = Script("""
local raw = redis.call('HGET', KEYS[1], ARGV[1])
if raw and string.sub(raw, 1, 13) > ARGV[2] then redis.call('ZADD', KEYS[2], 'XX', 'GT', ARGV[2], ARGV[1]) end
return raw
""")

# KEYS values, recent, leases, names. ARGV field, envelope, now, ttl, most, name, token ('' without a lease).
# 1: stored. 0: the lease is not ours any more, so the value may be of before an invalidation.
# Never more than `most`: the longest unused make room; what was unused for a whole lifetime has expired.
# The keys end by themselves after two lifetimes without a write. A server short of memory may drop one of the two:
# a new order of use (it has no end yet) beside old values means that both start over.
PUT = Script("""
local values, recent, field, now, ttl = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
if ARGV[7] ~= '' then
  local held = redis.call('HGET', KEYS[3], field)
  if not held or string.sub(held, 1, 16) ~= ARGV[7] then return 0 end
  redis.call('HDEL', KEYS[3], field)
end
local fresh = redis.call('HSET', values, field, ARGV[2])
redis.call('ZADD', recent, ARGV[3], field)
if redis.call('PTTL', recent) < ttl then
  if redis.call('ZCARD', recent) < redis.call('HLEN', values) then
    redis.call('UNLINK', values, recent)
    redis.call('HSET', values, field, ARGV[2])
    redis.call('ZADD', recent, ARGV[3], field)
  end
  redis.call('SADD', KEYS[4], ARGV[6])
  redis.call('PEXPIRE', values, 2 * ttl)
  redis.call('PEXPIRE', recent, 2 * ttl)
end
if fresh == 1 then
  local over = redis.call('HLEN', values) - tonumber(ARGV[5])
  if over > 0 then
    repeat
      local out = redis.call('ZPOPMIN', recent, over)
      for i = 1, #out, 2 do over = over - redis.call('HDEL', values, out[i]) end
    until over <= 0 or #out == 0
  else
    for _, old in ipairs(redis.call('ZRANGE', recent, '-inf', now - ttl, 'BYSCORE', 'LIMIT', 0, 2)) do
      redis.call('ZREM', recent, old)
      redis.call('HDEL', values, old)
    end
  end
end
return 1
""")

# KEYS values, leases. ARGV field, token, now, length of a lease. The value when somebody has stored it meanwhile,
# else the ms for which another has the lease, 0: it is ours.
LEASE = Script("""
local raw = redis.call('HGET', KEYS[1], ARGV[1])
local now = tonumber(ARGV[3])
if raw and tonumber(string.sub(raw, 1, 13)) > now then return raw end
local held = redis.call('HGET', KEYS[2], ARGV[1])
if held and tonumber(string.sub(held, 17)) > now then return tonumber(string.sub(held, 17)) - now end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. string.format('%013d', now + tonumber(ARGV[4])))
redis.call('PEXPIRE', KEYS[2], 2 * tonumber(ARGV[4]))
return 0
""")

# KEYS leases. ARGV field, token. Gives back a lease that is still ours.
RELEASE = Script("""
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and string.sub(held, 1, 16) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
""")

# KEYS values, recent, leases. ARGV field. A lease goes too: who makes the value now may have read what is no more.
DELETE = Script("""
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
""")
