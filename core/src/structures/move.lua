-- Moves an item between lists; a list that this creates gets a TTL.
--
-- KEYS[1]  the list that the item is taken from
-- KEYS[2]  the list that it is added to
-- ARGV[1]  milliseconds that a new list lives
-- ARGV[2]  LEFT or RIGHT, the end to take from
-- ARGV[3]  LEFT or RIGHT, the end to add to
--
-- Returns the item.
local new = redis.call('EXISTS', KEYS[2]) == 0
if new and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', KEYS[2], ARGV[1]) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end
local item = redis.call('LMOVE', KEYS[1], KEYS[2], ARGV[2], ARGV[3])
if new and item then redis.call('PEXPIRE', KEYS[2], ARGV[1]) end
return item
