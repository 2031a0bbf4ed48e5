-- Does something with a lock, for its holder only.
--
-- KEYS[1]  the lock
-- ARGV[1]  the token of the holder
-- ARGV[2]  "extend", "release" or "remaining"
-- ARGV[3]  milliseconds that the lock lives from now on, for "extend"
--
-- Returns the milliseconds that are left, or -3 if the caller does not hold the lock.
local holder = redis.pcall('GET', KEYS[1])
if type(holder) == 'table' then return holder end
if holder ~= ARGV[1] then return -3 end
if ARGV[2] == 'extend' then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return tonumber(ARGV[3])
end
if ARGV[2] == 'release' then return redis.call('DEL', KEYS[1]) end
return redis.call('PTTL', KEYS[1])
