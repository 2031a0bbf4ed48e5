-- Runs one command on each key of a group, unless one of them holds another type.
--
-- KEYS     the keys
-- ARGV[1]  the command: DEL, EXISTS, PERSIST or PEXPIRE
-- ARGV[2]  milliseconds to live, for PEXPIRE, or ""
-- then     for each key, the type that it may hold
--
-- Returns the sum of the replies. The client reads the key's position in the error.
local command, millis = ARGV[1], ARGV[2]
local function words(key)
  if millis == '' then return command, key end
  return command, key, millis
end

for i, key in ipairs(KEYS) do
  local stored = redis.call('TYPE', key).ok
  if stored ~= ARGV[i + 2] and stored ~= 'none' then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value, key ' .. i)
  end
  if redis.acl_check_cmd and not redis.acl_check_cmd(words(key)) then
    return redis.error_reply('NOPERM this user has no permissions to run ' .. command .. ' on a key of the group: nothing was written')
  end
end

local sum = 0
for _, key in ipairs(KEYS) do sum = sum + redis.call(words(key)) end
return sum
