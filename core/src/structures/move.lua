-- Moves an item between two lists or two sets; a key that this creates gets a TTL.
--
-- KEYS[1]  the key that the item is taken from
-- KEYS[2]  the key that it is added to
-- ARGV[1]  the type of both
-- ARGV[2]  milliseconds that KEYS[2] lives if it is new, or ""
-- ARGV[3]  the command; its arguments behind the keys follow
--
-- Returns the command's reply. The command checks KEYS[2] only if KEYS[1] exists.
local millis = ARGV[2]
local stored = redis.call('TYPE', KEYS[2]).ok
if stored ~= ARGV[1] and stored ~= 'none' then
  return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
end
local expires = stored == 'none' and millis ~= ''
if expires and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', KEYS[2], millis) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end
local reply = redis.call(ARGV[3], KEYS[1], KEYS[2], unpack(ARGV, 4))
if expires then redis.call('PEXPIRE', KEYS[2], millis) end
return reply
