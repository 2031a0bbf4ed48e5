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
-- that can fail was tried. HSET, which comes first, fails on another type.
local key, argv, count, call = KEYS[1], ARGV, #ARGV, redis.call
local mode, ttl, revision, version_field = argv[1], argv[2], argv[3], argv[5]
local ttls = 7 + argv[7]
local presence = ttls + 1 + argv[ttls + 1]
local first = presence + 2
local last = presence + 1 + argv[presence + 1]

if mode == 'create' then
  for at = ttls + 2, presence do
    if call('HEXISTS', key, argv[at]) == 1 then return 0 end
  end
end

if version_field ~= '' or revision ~= '' and mode ~= 'create' then
  -- A number without leading zeros: `007` is read as 7. The length comes first,
  -- because the pattern backtracks.
  local function number(text)
    return #text <= 60 and string.match(text, '^%+?0*(%d+)$') or text
  end

  local is_newer = false
  if version_field ~= '' then
    local stored = call('HGET', key, version_field)
    local version = stored and (tonumber(string.match(number(stored), '^%d%d?%d?$')) or 0)
    if mode == 'overwrite' then
      is_newer = version and (version < 1 or version > tonumber(argv[6]))
    elseif version and (version < 1 or version > 254) then
      return redis.error_reply('NOVERSION the version in the hash is not a number from 1 to 254')
    elseif version and version > tonumber(argv[6]) then
      return redis.error_reply('NEWERVERSION stored by version ' .. version .. ' of the model; this program knows up to ' .. argv[6] .. '; `overwrite_newer` replaces it')
    end
  end

  -- What is created has no count to compare with.
  if revision ~= '' and mode ~= 'create' and not is_newer then
    local writes = call('HGET', key, revision) or '0'
    if #writes > 60 or not string.match(number(writes), '^%d+$') then
      return redis.error_reply('NOVERSION the stored count of writes is not a number')
    end
    if number(writes) ~= argv[4] then
      local why = call('EXISTS', key) == 1
        and 'the record was written since this value was read (a save makes the value in hand stale, too)'
        or 'the record was deleted since this value was read'
      return redis.error_reply('STALERECORD stale revision: ' .. why)
    end
  end
end

if ttls > 7 then
  -- Fails on another type.
  call('HLEN', key)
  local refused = cannot_expire_fields(key)
  if refused then return refused end
end

-- A user may not be permitted to run one of the commands. If that is HSET, nothing is
-- written. Redis older than 7.0 cannot be asked.
local expire = ttl ~= '' and (ttl == 'persist' and 'PERSIST' or 'PEXPIRE')
local permits = redis.acl_check_cmd
if permits then
  local refused = last < count and not permits('HDEL', key) and 'HDEL'
    or ttls > 7 and not permits('HPEXPIRE', key) and 'HPEXPIRE'
    or expire and not permits(expire, key) and expire
  if refused then
    return redis.error_reply('NOPERM this user has no permissions to run ' .. refused .. ' on the key: nothing was written')
  end
end

if count <= 4000 then
  call('HSET', key, unpack(argv, first, last))
  if last < count then call('HDEL', key, unpack(argv, last + 1, count)) end
else
  -- unpack cannot take thousands of arguments at once.
  for at = first, last, 4000 do
    call('HSET', key, unpack(argv, at, math.min(at + 3999, last)))
  end
  for at = last + 1, count, 4000 do
    call('HDEL', key, unpack(argv, at, math.min(at + 3999, count)))
  end
end

-- HSET has taken away the TTL of each field that it wrote.
for at = 8, ttls, 2 do call('HPEXPIRE', key, argv[at + 1], 'FIELDS', 1, argv[at]) end

if expire == 'PERSIST' then
  call('PERSIST', key)
elseif expire then
  call('PEXPIRE', key, ttl)
end
return 1
