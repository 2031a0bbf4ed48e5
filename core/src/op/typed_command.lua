-- Runs one command on a key, unless the key holds another type.
--
-- KEYS[1]  the key
-- ARGV[1]  the type that it may hold
-- ARGV[2]  the command; its arguments behind the key follow
--
-- DEL, PEXPIRE and PERSIST take any type, and SET replaces any: without this
-- they would change another program's data.
local stored = redis.call('TYPE', KEYS[1]).ok
if stored ~= ARGV[1] and stored ~= 'none' then
  return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
end
return redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3))
