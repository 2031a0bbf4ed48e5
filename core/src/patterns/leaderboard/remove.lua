-- Removes a player from all boards, those of the last periods included, or deletes all boards.
--
-- ARGV[rest]  "player", then the player, or "all"
--
-- Returns 1 if there was something to remove.
local player = ARGV[rest] == 'player' and ARGV[rest + 1]
for i = 2, #KEYS, 2 do
  local set, hash = KEYS[i], KEYS[i + 1]
  if wrong_type(set, 'zset') or wrong_type(hash, 'hash') then return redis.error_reply(WRONGTYPE) end
  if redis.acl_check_cmd then
    local permitted = redis.acl_check_cmd('ZREM', set, '') and redis.acl_check_cmd('HDEL', hash, '')
      and redis.acl_check_cmd('DEL', set, hash)
    if not permitted then return redis.error_reply(DENIED) end
  end
end
local removed = 0
for i = 2, #KEYS, 2 do
  local set, hash = KEYS[i], KEYS[i + 1]
  if player then
    local digits = redis.call('HGET', hash, 'p' .. player)
    if digits then
      removed = math.max(removed, redis.call('ZREM', set, digits .. player))
      redis.call('HDEL', hash, 'p' .. player)
    end
  else
    removed = math.max(removed, redis.call('DEL', set, hash))
  end
end
return math.min(removed, 1)
