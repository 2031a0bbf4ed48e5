-- Writes a record as one step.
--
-- KEYS[1]  the hash
-- ARGV[1]  "create": only if there is no such key; "save": in any case
-- ARGV[2]  milliseconds to live, "persist", or "" to leave the TTL alone
-- ARGV[3]  how many arguments of field, value, field, value … follow
-- then     those, and after them the names of the fields to remove
--
-- The first HSET fails on another type before anything has changed.
local key = KEYS[1]
if ARGV[1] == 'create' and redis.call('EXISTS', key) == 1 then return 0 end

-- unpack cannot take thousands of arguments at once.
local function chunks(command, from, to)
  for at = from, to, 4000 do
    redis.call(command, key, unpack(ARGV, at, math.min(at + 3999, to)))
  end
end

local last = 3 + tonumber(ARGV[3])
chunks('HSET', 4, last)
chunks('HDEL', last + 1, #ARGV)

if ARGV[2] == 'persist' then
  redis.call('PERSIST', key)
elseif ARGV[2] ~= '' then
  redis.call('PEXPIRE', key, ARGV[2])
end
return 1
