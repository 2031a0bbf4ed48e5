-- Changes fields of a record: checks everything, then writes.
--
-- KEYS[1]  the hash
-- ARGV[1]  "update": only a record that exists; "upsert": creates one, too
-- ARGV[2]  milliseconds to live, "persist", or "" to leave the TTL alone
-- ARGV[3]  milliseconds that a new record lives, or ""
-- ARGV[4]  how many names of fields to return follow, then those
-- then     the rest, as words
--
-- First what has to be known: made NAME VERSION (the field that holds the record's
-- version, and the one that it must be of); and of fields: alias NAME ALIAS; lives
-- NAME MILLISECONDS (how long it lives once it is written); stands NAME VALUE (what
-- it counts as where it is absent); void NAME (an empty text counts as absent);
-- group N M, then N + M names (if any of the M fields is there, so must be the N).
-- Conditions: absent NAME, present NAME, and eq, least or most NAME KIND VALUE.
-- Changes: set, reset (which leaves the field's TTL as it is) or setnx NAME
-- VALUE, del NAME, incr NAME BY MIN MAX, incrf NAME BY MAX. About TTLs of
-- fields: expire NAME MILLISECONDS, persist NAME.
--
-- Returns {1, value, …} when applied, {0} when there is no record,
-- {2, name, …} for conditions that do not hold, {3, name} for an increment
-- out of range, {4, name} for one of something that is no number, {5, name} for
-- a field without which a group would be left, {6, "older"} or {6, "newer"} for a
-- record of another version.
--
-- Numbers stay text: Lua's are doubles and lose digits above 2^53.
local key = KEYS[1]

-- Sign and digits of an integer, without leading zeros.
local function integer(text)
  local sign, digits = string.match(text, '^([+-]?)0*(%d+)$')
  if digits then return sign == '-' and digits ~= '0', digits end
end

local function compare_digits(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  if a == b then return 0 end
  return a < b and -1 or 1
end

local function compare(a_negative, a, b_negative, b)
  if a_negative ~= b_negative then return a_negative and -1 or 1 end
  return a_negative and compare_digits(b, a) or compare_digits(a, b)
end

-- a + b or, with a >= b, a - b (factor -1), digit by digit from the right.
local function combine(a, b, factor)
  local digits, carry = {}, 0
  for i = 0, math.max(#a, #b) - 1 do
    local x = i < #a and string.byte(a, #a - i) - 48 or 0
    local y = i < #b and string.byte(b, #b - i) - 48 or 0
    local sum = x + factor * y + carry
    carry = math.floor(sum / 10)
    digits[#digits + 1] = sum % 10
  end
  if carry > 0 then digits[#digits + 1] = carry end
  return (string.gsub(string.reverse(table.concat(digits)), '^0+(%d)', '%1'))
end

local function add(a_negative, a, b_negative, b)
  if a_negative == b_negative then return a_negative, combine(a, b, 1) end
  local order = compare_digits(a, b)
  if order == 0 then return false, '0' end
  if order > 0 then return a_negative, combine(a, b, -1) end
  return b_negative, combine(b, a, -1)
end

-- What HINCRBYFLOAT takes and is finite.
local function float(text)
  if string.match(text, '^[+-]?%d*%.?%d*$') or string.match(text, '^[+-]?%d*%.?%d*[eE][+-]?%d+$') then
    local number = tonumber(text)
    if number and number > -math.huge and number < math.huge then return number end
  end
end

local truths = { ['1'] = '1', ['true'] = '1', ['True'] = '1', ['0'] = '0', ['false'] = '0', ['False'] = '0' }

-- Less, equal or greater than what is asked for: -1, 0, 1, or nil.
local function order(kind, held, asked)
  if kind == 'int' then
    local a_negative, a = integer(held)
    local b_negative, b = integer(asked)
    return a and b and compare(a_negative, a, b_negative, b)
  elseif kind == 'float' then
    local a, b = float(held), float(asked)
    return a and b and (a < b and -1 or a > b and 1 or 0)
  elseif kind == 'bool' then
    return truths[held] == truths[asked] and 0 or nil
  end
  return held == asked and 0 or nil
end

local function holds(test, kind, held, asked)
  local found = order(kind, held, asked)
  if not found then return false end
  if test == 'eq' then return found == 0 end
  if test == 'least' then return found >= 0 end
  return found <= 0
end

-- HLEN fails on another type before anything has changed.
local new = redis.call('HLEN', key) == 0
if new and ARGV[1] == 'update' then return {0} end

local returned = tonumber(ARGV[4])
local at = 5 + returned
local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- What is under an alias of a field counts as the field's, and is moved there.
local adopted, voids, stands = {}, {}, {}
local function read(name)
  local held = redis.call('HGET', key, name) or adopted[name]
  return not (held == '' and voids[name]) and held
end

-- First pass: what is to be done, and whether it can be.
local conflicts, writes, lives, ttls, groups = {2}, {}, {}, {}, {}
local needs_field_ttl = false
while at <= #ARGV do
  local what, name = take(), take()
  if what == 'made' then
    local version, held = take(), redis.call('HGET', key, name) or '1'
    if new then
      writes[#writes + 1] = {'HSET', name, version}
    elseif held ~= version then
      return {6, tonumber(held) and tonumber(held) < tonumber(version) and 'older' or 'newer'}
    end
  elseif what == 'alias' then
    local alias = take()
    local held = redis.call('HGET', key, alias)
    if held then
      if not read(name) then
        adopted[name] = held
        writes[#writes + 1] = {'HSET', name, held}
      end
      writes[#writes + 1] = {'HDEL', alias}
    end
  elseif what == 'lives' then
    lives[name] = take()
    needs_field_ttl = true
  elseif what == 'stands' then
    stands[name] = take()
  elseif what == 'void' then
    voids[name] = true
  elseif what == 'group' then
    local needed, members = tonumber(name), tonumber(take())
    groups[#groups + 1] = {at, at + needed, at + needed + members - 1}
    at = at + needed + members
  elseif what == 'expire' then
    ttls[#ttls + 1] = {'HPEXPIRE', take(), name}
    needs_field_ttl = true
  elseif what == 'persist' then
    ttls[#ttls + 1] = {'HPERSIST', false, name}
    needs_field_ttl = true
  elseif what == 'absent' or what == 'present' then
    if (read(name) and true or false) ~= (what == 'present') then conflicts[#conflicts + 1] = name end
  elseif what == 'eq' or what == 'least' or what == 'most' then
    local kind, asked = take(), take()
    local held = read(name) or stands[name]
    if not held or not holds(what, kind, held, asked) then conflicts[#conflicts + 1] = name end
  elseif what == 'set' then
    writes[#writes + 1] = {'HSET', name, take()}
  elseif what == 'reset' then
    writes[#writes + 1] = {'HSET', name, take(), keeps = true}
  elseif what == 'setnx' then
    local value = take()
    if not read(name) then writes[#writes + 1] = {'HSET', name, value} end
  elseif what == 'del' then
    writes[#writes + 1] = {'HDEL', name}
  elseif what == 'incr' then
    local by, min, max = take(), take(), take()
    writes[#writes + 1] = {'incr', name, by, min, max}
  elseif what == 'incrf' then
    local by, max = take(), take()
    writes[#writes + 1] = {'incrf', name, by, max}
  end
end
if #conflicts > 1 then return conflicts end

local after = {}
for i = 1, #writes do after[writes[i][2]] = writes[i][1] ~= 'HDEL' end
local function is_there(name)
  if after[name] ~= nil then return after[name] end
  return read(name) and true or false
end
for i = 1, #groups do
  local needed, members, last = unpack(groups[i])
  local any, lacks = false, nil
  for at = members, last do any = any or is_there(ARGV[at]) end
  for at = needed, members - 1 do lacks = lacks or not is_there(ARGV[at]) and ARGV[at] end
  if any and lacks then return {5, lacks} end
end

if needs_field_ttl then
  local known = redis.pcall('HPTTL', key, 'FIELDS', 1, '_')
  if known.err then
    if not string.find(known.err, 'nknown') then return known end
    return redis.error_reply('NOFIELDTTL fields of a hash that expire need Redis 7.4 or Valkey 9')
  end
end

for i = 1, #writes do
  local name, by = writes[i][2], writes[i][3]
  if writes[i].keeps then
    local left = redis.pcall('HPTTL', key, 'FIELDS', 1, name)
    writes[i].left = not left.err and left[1] > 0 and left[1] or nil
  elseif writes[i][1] == 'incr' then
    local stored = read(name)
    local held = stored or stands[name] or '0'
    local negative, digits = integer(held)
    if not digits then return {4, name} end
    local by_negative, by_digits = integer(by)
    local min_negative, min = integer(writes[i][4])
    local max_negative, max = integer(writes[i][5])
    negative, digits = add(negative, digits, by_negative, by_digits)
    if compare(negative, digits, min_negative, min) < 0 or compare(negative, digits, max_negative, max) > 0 then
      return {3, name}
    end
    -- HINCRBY keeps a field's TTL, but takes only plain 64-bit numbers.
    if stored and #held < 19 and #by < 19 and string.match(held, '^-?[1-9]%d*$') then
      writes[i] = {'HINCRBY', name, by}
    else
      -- HSET does not: it is given back what is left of it.
      local left = stored and redis.pcall('HPTTL', key, 'FIELDS', 1, name) or {}
      left = not left.err and left[1] and left[1] > 0 and left[1] or nil
      writes[i] = {'HSET', name, (negative and '-' or '') .. digits, left = left}
    end
  elseif writes[i][1] == 'incrf' then
    local stored = read(name)
    local held = float(stored or stands[name] or '0')
    if not held then return {4, name} end
    local sum = held + tonumber(by)
    if math.abs(sum) > tonumber(writes[i][4]) then return {3, name} end
    writes[i] = {'HINCRBYFLOAT', name, by, from = not stored and stands[name]}
  end
end

-- Second pass: nothing can fail any more.
for i = 1, #writes do
  local command, name = writes[i][1], writes[i][2]
  local lives_for = lives[name]
  if writes[i].left then
    lives_for = writes[i].left
  elseif (command ~= 'HSET' or writes[i].keeps) and lives_for and read(name) then
    -- Neither HINCRBY nor HDEL takes away a TTL that is running.
    lives_for = nil
  end
  if writes[i].from then redis.call('HSET', key, name, writes[i].from) end
  redis.call(command, key, unpack(writes[i], 2))
  if lives_for then redis.call('HPEXPIRE', key, lives_for, 'FIELDS', 1, name) end
end
for i = 1, #ttls do
  local command, millis, name = unpack(ttls[i])
  if millis then
    redis.call(command, key, millis, 'FIELDS', 1, name)
  else
    redis.call(command, key, 'FIELDS', 1, name)
  end
end

-- Redis has no empty hash: a record that lost its last field keeps the marker.
if redis.call('EXISTS', key) == 0 then redis.call('HSET', key, '_', '') end

if ARGV[2] == 'persist' then
  redis.call('PERSIST', key)
elseif ARGV[2] ~= '' then
  redis.call('PEXPIRE', key, ARGV[2])
elseif new and ARGV[3] ~= '' then
  redis.call('PEXPIRE', key, ARGV[3])
end

local reply = {1}
if returned > 0 then
  for from = 5, 4 + returned, 4000 do
    local part = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + 3999, 4 + returned)))
    for i = 1, #part do reply[#reply + 1] = part[i] end
  end
end
return reply
