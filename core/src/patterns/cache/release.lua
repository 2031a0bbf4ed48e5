-- Ends a lease without a value, because the load failed or found nothing.
--
-- KEYS[1]  the entry
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  the caller's token
-- ARGV[3]  milliseconds for which the failure is kept, or empty
-- ARGV[4]  1 to remove the old value, because the load found nothing
--
-- Returns 1, or 0 if the caller did not hold the lease.
local key = KEYS[1]
if redis.call('HGET', key, 'lease') ~= ARGV[2] then return 0 end
local kept = ARGV[3] ~= ''
local commands = {{'HDEL', 'lease'}}
if kept then commands = {{'HDEL', 'lease'}, {'HSET', 'failed', ''}, {'PEXPIRE', ARGV[3]}} end
local refused = refusal(key, commands)
if refused then return refused end

if kept then
  redis.call('HSET', key, 'failed', whole(now_millis(ARGV[1]) + tonumber(ARGV[3])))
  if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
end
redis.call('HDEL', key, 'lease', 'lease_end')
if ARGV[4] == '1' then
  redis.call('HDEL', key, 'value', 'fresh', 'stale', 'cost', 'tags', 'writer', 'failed')
end
return 1
