-- Stores a value, or the absence of one, and ends the lease.
--
-- KEYS[1]  the entry
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  the caller's token
-- ARGV[3]  1 if the caller must hold the lease
-- ARGV[4]  milliseconds for which the value is fresh
-- ARGV[5]  milliseconds for which it is stale after that
-- ARGV[6]  milliseconds that the load took
-- ARGV[7]  the generations of the entry's tags
-- ARGV[8]  the value, left out for an absence
--
-- Returns 1, or 0 if the entry was invalidated or the lease has ended since it was taken: the
-- value may be older than the invalidation.
local key, token = KEYS[1], ARGV[2]
local held = redis.call('HGET', key, 'lease')
if ARGV[3] == '1' and held ~= token then return 0 end

local millis = whole(tonumber(ARGV[4]) + tonumber(ARGV[5]))
local refused = refusal(key, {{'HSET', 'writer', token}, {'HDEL', 'lease'}, {'PEXPIRE', millis}})
if refused then return refused end

local fresh = now_millis(ARGV[1]) + tonumber(ARGV[4])
redis.call('HSET', key, 'fresh', whole(fresh), 'stale', whole(fresh + tonumber(ARGV[5])),
  'cost', ARGV[6], 'tags', ARGV[7], 'writer', token)
if ARGV[8] then
  redis.call('HSET', key, 'value', ARGV[8])
else
  redis.call('HDEL', key, 'value')
end
redis.call('HDEL', key, 'lease', 'lease_end', 'failed')
redis.call('PEXPIRE', key, millis)
return 1
