-- Adds an item to a list and removes items from the other end.
--
-- KEYS[1]  the list
-- ARGV[1]  LPUSH or RPUSH
-- ARGV[2]  the largest length
-- ARGV[3]  milliseconds that a new list lives, or ""
-- ARGV[4]  the item
--
-- Returns the new length.
local key, command, most, millis = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local new = redis.call('LLEN', key) == 0
if redis.acl_check_cmd then
  local permitted = redis.acl_check_cmd('LTRIM', key, 0, -1)
    and (millis == '' or redis.acl_check_cmd('PEXPIRE', key, millis))
  if not permitted then
    return redis.error_reply('NOPERM this user has no permissions to run LTRIM or PEXPIRE on the key: nothing was written')
  end
end
local length = redis.call(command, key, ARGV[4])
if length > most then
  if most == 0 then
    redis.call('LTRIM', key, 1, 0)
  elseif command == 'LPUSH' then
    redis.call('LTRIM', key, 0, most - 1)
  else
    redis.call('LTRIM', key, -most, -1)
  end
  length = most
end
if new and millis ~= '' then redis.call('PEXPIRE', key, millis) end
return length
