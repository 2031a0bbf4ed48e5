-- Writes a record as one step.
--
-- KEYS[1]  the hash
-- ARGV[1]  "create": only if there is no such key; "save": in any case
-- ARGV[2]  milliseconds to live, "persist", or "" to leave the TTL alone
-- ARGV[3]  the name of the field that counts the writes, or ""
-- ARGV[4]  what it must be, where it is there
-- ARGV[5]  how many arguments of field, milliseconds, … follow: the fields
--          with a time to live of their own; then those
-- then     how many arguments of field, value, field, value … follow
-- then     those, and after them the names of the fields to remove
--
-- HLEN fails on another type before anything has changed.
local key = KEYS[1]
if ARGV[1] == 'create' and redis.call('EXISTS', key) == 1 then return 0 end
redis.call('HLEN', key)

if ARGV[3] ~= '' and (redis.call('HGET', key, ARGV[3]) or '0') ~= ARGV[4] then
  return redis.error_reply('STALERECORD the record was written or deleted by another since it was read')
end

local ttls = 5 + tonumber(ARGV[5])
if ttls > 5 then
  local known = redis.pcall('HPTTL', key, 'FIELDS', 1, '_')
  if known.err then
    if not string.find(known.err, 'nknown') then return known end
    return redis.error_reply('NOFIELDTTL fields of a hash that expire need Redis 7.4 or Valkey 9')
  end
end

-- unpack cannot take thousands of arguments at once.
local function chunks(command, from, to)
  for at = from, to, 4000 do
    redis.call(command, key, unpack(ARGV, at, math.min(at + 3999, to)))
  end
end

local first = ttls + 2
local last = ttls + 1 + tonumber(ARGV[ttls + 1])
chunks('HSET', first, last)
chunks('HDEL', last + 1, #ARGV)

-- HSET has taken away the TTL of each field that it wrote.
for at = 6, ttls, 2 do redis.call('HPEXPIRE', key, ARGV[at + 1], 'FIELDS', 1, ARGV[at]) end

if ARGV[2] == 'persist' then
  redis.call('PERSIST', key)
elseif ARGV[2] ~= '' then
  redis.call('PEXPIRE', key, ARGV[2])
end
return 1
