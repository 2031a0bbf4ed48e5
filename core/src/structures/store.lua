-- Runs a command that writes its result to a key, unless that holds another type.
--
-- KEYS[1]  the key that the result is written to
-- KEYS[2…] the keys that are read
-- ARGV[1]  the type that KEYS[1] may hold
-- ARGV[2]  milliseconds that the key lives if it is new, or ""
-- ARGV[3]  the command
-- ARGV[4]  "count" if the number of read keys stands before them, or ""
-- then     the arguments behind the keys
--
-- Returns the command's reply. The commands replace a key with its TTL, so that is set again.
local key, millis = KEYS[1], ARGV[2]
local stored = redis.call('TYPE', key).ok
if stored ~= ARGV[1] and stored ~= 'none' then
  return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
end
if redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', key, 1) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end
local left = redis.call('PTTL', key)

local words = {ARGV[3], key}
if ARGV[4] == 'count' then words[3] = #KEYS - 1 end
for i = 2, #KEYS do words[#words + 1] = KEYS[i] end
for i = 5, #ARGV do words[#words + 1] = ARGV[i] end
local reply = redis.call(unpack(words))
if stored == 'none' and millis ~= '' then
  redis.call('PEXPIRE', key, millis)
elseif left > 0 then
  redis.call('PEXPIRE', key, left)
end
return reply
