-- Changes fields of a record: checks everything, then writes.
--
-- KEYS[1]  the hash
-- ARGV[1]  where there is no record: "create" one, "insert" the one at the end, say that it
--          is "missing", or that a record of these fields alone would be "incomplete";
--          where there is one: "delete" it, or "keep" its fields as they are, and change
--          its TTL only
-- ARGV[2]  milliseconds to live, "persist", or "" to leave the TTL alone
-- ARGV[3]  milliseconds that a new record lives, or ""
-- ARGV[4]  how many names of fields to return follow, then those
-- then     how many presence names follow, then those: there is a record where the
--          hash has one of them
-- then     the rest, as words
--
-- First the model. marker NAME: the field that keeps a record without other fields
-- alive. schema NAME VERSION: the field that holds the record's version, and the
-- version that it must be of. alias NAME ALIAS: an older name of a field. ttl NAME
-- MILLISECONDS: how long a field lives after a write. default NAME VALUE: the value of
-- an absent field. none NAME TEXT: a stored text that is no value. together N M, then
-- N + M names: if the hash has one of the M fields, it must have all of the N.
-- Conditions: absent NAME, present NAME; eq, ne, ge, le, gt or lt NAME KIND VALUE; in NAME
-- KIND N, then N values; any N or all N, then N conditions.
-- Changes: set NAME VALUE; rewrite NAME VALUE, which is the same value in another form;
-- setnx NAME VALUE; del NAME; incr NAME BY MIN MAX; incrf NAME BY MAX.
-- TTLs of fields: expire NAME MILLISECONDS, persist NAME.
-- Last, insert N, then N arguments of field, value, … and the names that the record does not
-- have: the record to create.
--
-- Returns a status and what belongs to it: "applied" and the values to return, "missing",
-- "conflict" and the fields whose conditions do not hold, each once, "out_of_range" and the field,
-- "not_a_number" and the field, "needed" and a field that others of its flattened struct
-- need, "older_version", "newer_version", "invalid_version" and the field, or "incomplete".
--
-- Redis undoes nothing when a script fails. So the script writes only after everything
-- that can fail was tried.
local key = KEYS[1]

-- Fields as the hash has them: the text, and the name under which it is stored.
local fields = {}
local function field(name)
  if not fields[name] then fields[name] = {text = redis.call('HGET', key, name), under = name} end
  return fields[name]
end

-- A field's value, false where it has none.
local no_value = {}
local function value(name)
  local text = field(name).text
  return text ~= no_value[name] and text
end

-- The milliseconds that a field has left, nil if it lives as long as its record.
local fields_expire = true
local function time_left(name)
  if not fields_expire then return nil end
  local left = redis.pcall('HPTTL', key, 'FIELDS', 1, name)
  if left.err then
    -- No field has a TTL on a server that does not know the command. Any other error ends
    -- the script.
    if not string.find(left.err, 'nknown') then redis.call('HPTTL', key, 'FIELDS', 1, name) end
    fields_expire = false
    return nil
  end
  return left[1] >= 0 and math.max(left[1], 1) or nil
end

local returned = tonumber(ARGV[4])
local at = 5 + returned
local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- Not HLEN: on some servers it counts fields that have expired. HEXISTS fails on a key
-- of another type.
local new = true
for i = at + 1, at + tonumber(ARGV[at]) do
  if redis.call('HEXISTS', key, ARGV[i]) == 1 then
    new = false
    break
  end
end
at = at + 1 + tonumber(ARGV[at])
if new and (ARGV[1] == 'missing' or ARGV[1] == 'delete' or ARGV[1] == 'keep') then
  return {{ok = 'missing'}}
end

local writes, removals, write_ttl, defaults = {}, {}, {}, {}
local function write(command, name, argument, ttl)
  writes[#writes + 1] = {command = command, name = name, argument = argument, ttl = ttl}
end

-- Reads the words. A table of functions would be made at each call, which costs a third of
-- a small update.
local changes, moved, expiries, groups = {}, {}, {}, {}
local needs_field_ttl = false

-- `open` is the innermost group of conditions that is not complete.
local conflicts, open, failed = {}, nil, false
local function check(result, name)
  if not result and name then conflicts[#conflicts + 1] = name end
  while open do
    local group = open
    -- One member that holds is enough for `any`, one that does not for `all` to fail.
    if result == group.any then group.decided = true end
    group.left = group.left - 1
    if group.left > 0 then return end
    open = group.outer
    result = group.decided == group.any
    if result then
      for i = #conflicts, group.conflicts + 1, -1 do conflicts[i] = nil end
    end
  end
  failed = failed or not result
end

local inserted
while at <= #ARGV and not inserted do
  local word, name = take(), take()
  if word == 'marker' then
    -- Comes first, so that the hash is never empty on the way: it would lose its TTL.
    if not field(name).text then write('HSET', name, '') end
  elseif word == 'schema' then
    local version = take()
    local negative, stored = integer(field(name).text or '1')
    if new then
      write('HSET', name, version)
    elseif not stored or not in_range(negative, stored, '1', '254') then
      return {{ok = 'invalid_version'}, name}
    elseif stored ~= version then
      return {{ok = compare_digits(stored, version) < 0 and 'older_version' or 'newer_version'}}
    end
  elseif word == 'alias' then
    local alias = take()
    local text = redis.call('HGET', key, alias)
    if text then
      if not field(name).text then
        fields[name] = {text = text, under = alias}
        moved[#moved + 1] = name
      end
      removals[#removals + 1] = alias
    end
  elseif word == 'ttl' then
    write_ttl[name] = take()
    needs_field_ttl = true
  elseif word == 'default' then
    defaults[name] = take()
  elseif word == 'none' then
    no_value[name] = take()
  elseif word == 'together' then
    local needed, members = tonumber(name), tonumber(take())
    groups[#groups + 1] = {at, at + needed, at + needed + members - 1}
    at = at + needed + members
  elseif word == 'absent' or word == 'present' then
    check((value(name) and true or false) == (word == 'present'), name)
  elseif word == 'eq' or word == 'ge' or word == 'le' or word == 'ne' or word == 'gt' or word == 'lt' then
    local kind, asked = take(), take()
    local stored = value(name) or defaults[name]
    -- `None` is not the value.
    if stored then check(holds(word, kind, stored, asked), name) else check(word == 'ne', name) end
  elseif word == 'in' then
    local kind, count = take(), tonumber(take())
    local stored, found = value(name) or defaults[name], false
    for _ = 1, count do
      local asked = take()
      found = found or stored and holds('eq', kind, stored, asked) or false
    end
    check(found, name)
  elseif word == 'any' or word == 'all' then
    if name == '0' then
      check(word == 'all')
    else
      open = {outer = open, any = word == 'any', decided = false, left = tonumber(name), conflicts = #conflicts}
    end
  elseif word == 'insert' then
    inserted = at + tonumber(name)
  elseif word == 'expire' then
    expiries[#expiries + 1] = {command = 'HPEXPIRE', name = name, millis = take()}
    needs_field_ttl = true
  elseif word == 'persist' then
    expiries[#expiries + 1] = {command = 'HPERSIST', name = name}
    needs_field_ttl = true
  else
    local change = {word = word, name = name}
    if word ~= 'del' then change.argument = take() end
    if word == 'incr' then change.min = take() end
    if word == 'incr' or word == 'incrf' then change.max = take() end
    changes[#changes + 1] = change
  end
end
-- Changes and conditions are for a record that exists.
if new and inserted then
  writes, removals, changes, moved, expiries, groups, failed = {}, {}, {}, {}, {}, {}, false
  for i = at, inserted - 1, 2 do write('HSET', ARGV[i], ARGV[i + 1], write_ttl[ARGV[i]]) end
  for i = inserted, #ARGV do removals[#removals + 1] = ARGV[i] end
end
if failed then
  local reply, named = {{ok = 'conflict'}}, {}
  for i = 1, #conflicts do
    if not named[conflicts[i]] then reply[#reply + 1] = conflicts[i] end
    named[conflicts[i]] = true
  end
  return reply
end
if ARGV[1] == 'delete' then
  redis.call('DEL', key)
  return {{ok = 'applied'}}
end
-- An older name of a field stays what it is.
if ARGV[1] == 'keep' then moved, removals = {}, {} end
if new and ARGV[1] == 'incomplete' then return {{ok = 'incomplete'}} end

-- Checks flattened structs. A text that is no value counts here: a reader finds it.
local changed = {}
for i = 1, #changes do changed[changes[i].name] = changes[i].word end
local function will_have(name)
  if changed[name] then return changed[name] ~= 'del' end
  return field(name).text and true or false
end
for i = 1, #groups do
  local needed, members, last = unpack(groups[i])
  local any, lacks = false, nil
  for at = members, last do any = any or will_have(ARGV[at]) end
  for at = needed, members - 1 do lacks = lacks or not will_have(ARGV[at]) and ARGV[at] end
  if any and lacks then return {{ok = 'needed'}, lacks} end
end

if needs_field_ttl then
  local refused = cannot_expire_fields(key)
  if refused then return refused end
end

-- Writes a value that was there already: its TTL stays what it is, although HSET drops it.
local function rewrite(name, text)
  local ttl = write_ttl[name]
  if value(name) then ttl = time_left(field(name).under) end
  write('HSET', name, text, ttl)
end

-- HINCRBY and HINCRBYFLOAT work on what is stored under the field's own name, and keep
-- its TTL.
local function is_in_place(name)
  return value(name) and field(name).under == name
end

-- Adds integers that doubles hold exactly, which takes a third of the time.
local function increment_small(name, text, by, min, max)
  local number = tonumber(text)
  min, max = tonumber(min), tonumber(max)
  if number < min or number > max then return {{ok = 'not_a_number'}, name} end
  local sum = number + tonumber(by)
  if sum < min or sum > max then return {{ok = 'out_of_range'}, name} end
  if is_in_place(name) then
    write('HINCRBY', name, by)
  else
    rewrite(name, string.format('%.0f', sum))
  end
end

local function is_small(text)
  return #text <= 15 and (string.find(text, '^-?[1-9]%d*$') or text == '0')
end

local function increment(name, by, min, max)
  local text = value(name) or defaults[name] or '0'
  if is_small(text) and is_small(by) then return increment_small(name, text, by, min, max) end
  local negative, digits = integer(text)
  -- Rust reads no sign in front of an unsigned number.
  local unsigned = string.sub(min, 1, 1) ~= '-'
  if not digits or unsigned and string.sub(text, 1, 1) == '-' or not in_range(negative, digits, min, max) then
    return {{ok = 'not_a_number'}, name}
  end
  negative, digits = add(negative, digits, integer(by))
  if not in_range(negative, digits, min, max) then return {{ok = 'out_of_range'}, name} end
  rewrite(name, (negative and '-' or '') .. digits)
end

local function increment_float(name, by, max)
  local text = value(name) or defaults[name]
  local number = float(text or '0')
  if not number or math.abs(number) > tonumber(max) then return {{ok = 'not_a_number'}, name} end
  if math.abs(number + tonumber(by)) > tonumber(max) then return {{ok = 'out_of_range'}, name} end
  -- What is too small for HINCRBYFLOAT is a zero to it, too: it keeps 17 decimals.
  local is_tiny = math.abs(number) < 1e-300 and text and text ~= '0' and text ~= '0.0'
  if not text or is_in_place(name) and not is_tiny then
    write('HINCRBYFLOAT', name, by, not text and write_ttl[name] or nil)
  else
    rewrite(name, is_tiny and '0' or text)
    write('HINCRBYFLOAT', name, by)
  end
end

-- Plans the writes: first all that adds fields, so that the hash is never empty.
for i = 1, #moved do
  local name = moved[i]
  if not changed[name] or changed[name] == 'setnx' then
    write('HSET', name, field(name).text, time_left(field(name).under))
  end
end
for i = 1, #changes do
  local change, refused = changes[i], nil
  local name, argument = change.name, change.argument
  if change.word == 'set' then
    write('HSET', name, argument, write_ttl[name])
  elseif change.word == 'rewrite' then
    rewrite(name, argument)
  elseif change.word == 'setnx' then
    if not value(name) then write('HSET', name, argument, write_ttl[name]) end
  elseif change.word == 'del' then
    removals[#removals + 1] = name
  elseif change.word == 'incr' then
    refused = increment(name, argument, change.min, change.max)
  else
    refused = increment_float(name, argument, change.max)
  end
  if refused then return refused end
end
local ttl = ARGV[2] == '' and new and ARGV[3] or ARGV[2]

-- A user may not be permitted to run one of the commands. Redis older than 7.0 cannot
-- be asked.
local commands = {}
for i = 1, #writes do
  commands[writes[i].command] = true
  if writes[i].ttl then commands.HPEXPIRE = true end
end
for i = 1, #expiries do commands[expiries[i].command] = true end
if #removals > 0 then commands.HDEL = true end
if ttl ~= '' then commands[ttl == 'persist' and 'PERSIST' or 'PEXPIRE'] = true end
if returned > 0 then commands.HMGET = true end
for command in pairs(commands) do
  if redis.acl_check_cmd and not redis.acl_check_cmd(command, key) then
    return redis.error_reply('NOPERM this user has no permissions to run ' .. command .. ' on the key: nothing was written')
  end
end

-- Writes: nothing can fail any more.
for i = 1, #writes do
  local it = writes[i]
  redis.call(it.command, key, it.name, it.argument)
  if it.ttl then redis.call('HPEXPIRE', key, it.ttl, 'FIELDS', 1, it.name) end
end
for i = 1, #removals do redis.call('HDEL', key, removals[i]) end
for i = 1, #expiries do
  local it = expiries[i]
  if not it.millis then
    redis.call('HPERSIST', key, 'FIELDS', 1, it.name)
  elseif redis.call('HEXISTS', key, it.name) == 1 then
    -- Redis 8 brings back a field that has expired and gets a new TTL.
    redis.call('HPEXPIRE', key, it.millis, 'FIELDS', 1, it.name)
  end
end
if ttl == 'persist' then
  redis.call('PERSIST', key)
elseif ttl ~= '' then
  redis.call('PEXPIRE', key, ttl)
end

local reply = {{ok = 'applied'}}
-- unpack cannot take thousands of arguments at once.
for from = 5, 4 + returned, 4000 do
  local part = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + 3999, 4 + returned)))
  for i = 1, #part do reply[#reply + 1] = part[i] end
end
return reply
