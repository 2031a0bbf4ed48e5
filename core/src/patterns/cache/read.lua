-- Reads an entry of a cache and decides who loads it, in one step.
--
-- KEYS[1]  the entry
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  the caller's token; empty if the caller only looks
-- ARGV[3]  milliseconds of a lease
-- ARGV[4]  the generations of the entry's tags
-- ARGV[5]  the multiple of the last load's duration by which the entry may be refreshed early
-- ARGV[6]  the writer of a value that the caller cannot use
--
-- Returns a status, the value (nil for a stored absence), its writer, and a time in milliseconds:
--   hit     the value is fresh
--   early   the value is fresh, and the caller holds the lease to refresh it
--   stale   the value is stale, and another caller loads or a load failed a moment ago
--   renew   the value is stale, and the caller holds the lease
--   load    there is no value, and the caller holds the lease
--   wait    there is no value, and another caller's lease ends after the time
--   failed  there is no value, and the failure of a load is kept for the time
--   miss    there is no value, and the caller only looks
local key, token, lease = KEYS[1], ARGV[2], tonumber(ARGV[3])
local now = now_millis(ARGV[1])

local stored = redis.call('HMGET', key, 'value', 'fresh', 'stale', 'cost', 'tags', 'writer', 'lease', 'lease_end', 'failed')
local value, fresh, writer = stored[1], tonumber(stored[2] or ''), stored[6]
local usable = fresh and stored[5] == ARGV[4] and writer ~= ARGV[6]
local is_fresh = usable and now < fresh
local is_stale = usable and not is_fresh and now < tonumber(stored[3])

local function reply(status, with_value, millis)
  -- A nil would end the reply.
  return {{ok = status}, with_value and value or false, with_value and writer or false, whole(millis or 0)}
end

if token == '' then
  return reply(is_fresh and 'hit' or is_stale and 'stale' or 'miss', is_fresh or is_stale)
end
if is_fresh and now + tonumber(stored[4]) * tonumber(ARGV[5]) < fresh then
  return reply('hit', true)
end

local lease_end = tonumber(stored[8] or '')
if lease_end and now < lease_end and stored[7] ~= token then
  if is_fresh then return reply('hit', true) end
  if is_stale then return reply('stale', true) end
  return reply('wait', false, lease_end - now)
end
local failed = tonumber(stored[9] or '')
if failed and now < failed then
  if is_fresh then return reply('hit', true) end
  if is_stale then return reply('stale', true) end
  return reply('failed', false, failed - now)
end

local refused = refusal(key, {{'HSET', 'lease', token}, {'PEXPIRE', ARGV[3]}})
if refused then return refused end
redis.call('HSET', key, 'lease', token, 'lease_end', whole(now + lease))
if redis.call('PTTL', key) < lease then redis.call('PEXPIRE', key, ARGV[3]) end
return reply(is_fresh and 'early' or is_stale and 'renew' or 'load', is_fresh or is_stale)
