-- Runs a command that writes its result to a key, unless a key holds another type.
--
-- KEYS[1]  the key that the result is written to
-- KEYS[2…] the keys that are read
-- ARGV[1]  the type that the keys may hold
-- ARGV[2]  milliseconds that KEYS[1] lives if it is new, or ""
-- ARGV[3]  the command
-- ARGV[4]  "count" if the number of read keys stands before them, or ""
-- then     the arguments behind the keys
--
-- Returns the command's reply. The commands replace a key with its TTL, so that is set again.
local key, millis = KEYS[1], ARGV[2]
local is_new = redis.call('TYPE', key).ok == 'none'
for i = 1, #KEYS do
  local stored = redis.call('TYPE', KEYS[i]).ok
  if stored ~= ARGV[1] and stored ~= 'none' then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
end
local left = redis.call('PTTL', key)
-- A key in its last millisecond has 0 left, with which PEXPIRE would delete the result.
if left >= 0 then millis = math.max(left, 1) elseif not is_new then millis = '' end
if millis ~= '' and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', key, millis) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end

local words = {ARGV[3], key}
if ARGV[4] == 'count' then words[3] = #KEYS - 1 end
for i = 2, #KEYS do words[#words + 1] = KEYS[i] end
for i = 5, #ARGV do words[#words + 1] = ARGV[i] end
local reply = redis.call(unpack(words))
if millis ~= '' then redis.call('PEXPIRE', key, millis) end
return reply
