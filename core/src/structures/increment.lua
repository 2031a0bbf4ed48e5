-- Adds to a number: that of a string, or of a field of a hash.
--
-- KEYS[1]  the key
-- ARGV[1]  the increment
-- ARGV[2]  the least value, or "" for a float
-- ARGV[3]  the largest value
-- ARGV[4]  milliseconds that a new key lives, or ""
-- ARGV[5]  the field, if the key is a hash
--
-- Returns "applied" and the sum, "out_of_range" or "not_a_number". Only the last command can
-- write, apart from a new hash's TTL, so a refusal changes nothing.
local key, by, min, max, millis, field = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local text
if field then text = redis.call('HGET', key, field) else text = redis.call('GET', key) end
local is_new = millis ~= '' and redis.call('EXISTS', key) == 0

local sum
if min == '' then
  local number = float(text or '0')
  if not number or math.abs(number) > tonumber(max) then return {{ok = 'not_a_number'}} end
  if math.abs(number + tonumber(by)) > tonumber(max) then return {{ok = 'out_of_range'}} end
else
  local negative, digits = integer(text or '0')
  -- Rust reads no sign in front of an unsigned number.
  local unsigned = string.sub(min, 1, 1) ~= '-'
  if not digits or unsigned and text and string.sub(text, 1, 1) == '-' or not in_range(negative, digits, min, max) then
    return {{ok = 'not_a_number'}}
  end
  negative, digits = add(negative, digits, integer(by))
  if not in_range(negative, digits, min, max) then return {{ok = 'out_of_range'}} end
  sum = (negative and '-' or '') .. digits
end

if is_new and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', key, millis) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end

-- HSET would remove the TTL of a field.
local function set_field()
  local ttl = redis.pcall('HPTTL', key, 'FIELDS', 1, field)
  -- A server without TTLs of fields does not know the command.
  if ttl.err and not string.find(ttl.err, 'nknown') then return ttl end
  local left = not ttl.err and ttl[1] or -1
  if left >= 0 and redis.acl_check_cmd and not redis.acl_check_cmd('HPEXPIRE', key, 1, 'FIELDS', 1, field) then
    return redis.error_reply('NOPERM this user has no permissions to run HPEXPIRE on the key: nothing was written')
  end
  redis.call('HSET', key, field, sum)
  if left >= 0 then redis.call('HPEXPIRE', key, math.max(left, 1), 'FIELDS', 1, field) end
end

if min == '' then
  -- Redis adds and formats floats: Lua would lose digits.
  if field then sum = redis.call('HINCRBYFLOAT', key, field, by)
  else sum = redis.call('INCRBYFLOAT', key, by) end
elseif field then
  local refused = set_field()
  if refused then return refused end
else
  redis.call('SET', key, sum, 'KEEPTTL')
end
if is_new then redis.call('PEXPIRE', key, millis) end
return {{ok = 'applied'}, sum}
