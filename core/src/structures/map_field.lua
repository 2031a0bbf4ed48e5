-- Changes a field of a hash and its TTL.
--
-- KEYS[1]  the hash
-- ARGV[1]  "set", "expire" or "persist"
-- ARGV[2]  milliseconds that the field lives, or ""
-- ARGV[3]  milliseconds that a new key lives, or ""
-- ARGV[4]  the field
-- ARGV[5]  its value, for "set"
--
-- Returns 1 if "set" made a new field, "expire" found one, or "persist" removed a TTL.
local key, word, millis, key_millis, field, value = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

-- HLEN fails on another type, before the server could answer with something else.
redis.call('HLEN', key)
local refused = cannot_expire_fields(key)
if refused then return refused end

if word == 'persist' then
  return redis.call('HPERSIST', key, 'FIELDS', 1, field)[1] == 1 and 1 or 0
end
if redis.acl_check_cmd then
  local permitted = redis.acl_check_cmd('HPEXPIRE', key, millis, 'FIELDS', 1, field)
    and (key_millis == '' or redis.acl_check_cmd('PEXPIRE', key, 1))
  if not permitted then
    return redis.error_reply('NOPERM this user has no permissions to run HPEXPIRE or PEXPIRE on the key: nothing was written')
  end
end
if word == 'expire' then
  -- Redis 8 brings back a field that has expired and gets a new TTL.
  if redis.call('HEXISTS', key, field) == 0 then return 0 end
  redis.call('HPEXPIRE', key, millis, 'FIELDS', 1, field)
  return 1
end
local new_key = redis.call('EXISTS', key) == 0
local new = redis.call('HSET', key, field, value)
redis.call('HPEXPIRE', key, millis, 'FIELDS', 1, field)
if new_key and key_millis ~= '' then redis.call('PEXPIRE', key, key_millis) end
return new
