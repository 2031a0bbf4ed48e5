-- Writes a record as one step.
--
-- KEYS[1]  the hash
-- ARGV[1]  "create": only if there is no record; "save": in any case; "overwrite": also
--          over a newer version, whose count then does not matter
-- ARGV[2]  milliseconds to live, "persist", or "" to leave the TTL alone
-- ARGV[3]  the name of the field that counts the writes, or ""
-- ARGV[4]  the count that the record must have; a record without one has 0
-- ARGV[5]  the name of the field that holds the model's version, or ""
-- ARGV[6]  the version that is written
-- ARGV[7]  how many arguments of field, milliseconds, … follow: the fields
--          with a time to live of their own; then those
-- then     how many presence names follow, then those: there is a record where the
--          hash has one of them (none for "save")
-- then     how many arguments of field, value, field, value … follow
-- then     those, and after them the names of the fields to remove
--
-- Redis undoes nothing when a script fails. So the script writes only after everything
-- that can fail was tried. HLEN fails on another type.
local key = KEYS[1]
redis.call('HLEN', key)

-- A number without leading zeros: `007` is read as 7. The length comes first,
-- because the pattern backtracks.
local function number(text)
  return #text <= 60 and string.match(text, '^%+?0*(%d+)$') or text
end

local ttls = 7 + tonumber(ARGV[7])
local presence = ttls + 1 + tonumber(ARGV[ttls + 1])
if ARGV[1] == 'create' then
  for at = ttls + 2, presence do
    if redis.call('HEXISTS', key, ARGV[at]) == 1 then return 0 end
  end
end

local is_newer = false
if ARGV[5] ~= '' then
  local stored = redis.call('HGET', key, ARGV[5])
  local version = stored and (tonumber(string.match(number(stored), '^%d%d?%d?$')) or 0)
  if ARGV[1] == 'overwrite' then
    is_newer = version and (version < 1 or version > tonumber(ARGV[6]))
  elseif version and (version < 1 or version > 254) then
    return redis.error_reply('NOVERSION the version in the hash is not a number from 1 to 254')
  elseif version and version > tonumber(ARGV[6]) then
    return redis.error_reply('NEWERVERSION stored by version ' .. version .. ' of the model; this program knows up to ' .. ARGV[6] .. '; `overwrite_newer` replaces it')
  end
end

-- What is created has no count to compare with.
if ARGV[3] ~= '' and ARGV[1] ~= 'create' and not is_newer then
  local count = redis.call('HGET', key, ARGV[3]) or '0'
  if #count > 60 or not string.match(number(count), '^%d+$') then
    return redis.error_reply('NOVERSION the stored count of writes is not a number')
  end
  if number(count) ~= ARGV[4] then
    local why = redis.call('EXISTS', key) == 1
      and 'the record was written since this value was read (a save makes the value in hand stale, too)'
      or 'the record was deleted since this value was read'
    return redis.error_reply('STALERECORD stale revision: ' .. why)
  end
end

if ttls > 7 then
  local refused = cannot_expire_fields(key)
  if refused then return refused end
end

local first = presence + 2
local last = presence + 1 + tonumber(ARGV[presence + 1])

-- A user may not be permitted to run one of the commands. Redis older than 7.0 cannot
-- be asked.
local commands = {HSET = true}
if last < #ARGV then commands.HDEL = true end
if ttls > 7 then commands.HPEXPIRE = true end
if ARGV[2] ~= '' then commands[ARGV[2] == 'persist' and 'PERSIST' or 'PEXPIRE'] = true end
for command in pairs(commands) do
  if redis.acl_check_cmd and not redis.acl_check_cmd(command, key) then
    return redis.error_reply('NOPERM this user has no permissions to run ' .. command .. ' on the key: nothing was written')
  end
end

-- unpack cannot take thousands of arguments at once.
local function chunks(command, from, to)
  for at = from, to, 4000 do
    redis.call(command, key, unpack(ARGV, at, math.min(at + 3999, to)))
  end
end

chunks('HSET', first, last)
chunks('HDEL', last + 1, #ARGV)

-- HSET has taken away the TTL of each field that it wrote.
for at = 8, ttls, 2 do redis.call('HPEXPIRE', key, ARGV[at + 1], 'FIELDS', 1, ARGV[at]) end

if ARGV[2] == 'persist' then
  redis.call('PERSIST', key)
elseif ARGV[2] ~= '' then
  redis.call('PEXPIRE', key, ARGV[2])
end
return 1
