-- Submits the score of a player to all boards.
--
-- ARGV[rest]  "best", "latest" or "sum", then the score and the player
--
-- Returns for each period: 1 if the score was changed, the score as text, the rank. If a sum
-- is no finite number, returns -1 and changes nothing.
local keep, score, player = ARGV[rest], tonumber(ARGV[rest + 1]), ARGV[rest + 2]
local all = boards(0)
if not all then return redis.error_reply(WRONGTYPE) end

local digits = string.format('%016.0f', now)
for _, board in ipairs(all) do
  -- The write would delete the newer board.
  if board.ahead then
    return redis.error_reply('ERR the board is of a later period, so the clock was set back: nothing was written')
  end
  if redis.acl_check_cmd then
    local permitted = redis.acl_check_cmd('ZADD', board.set, 0, player)
      and redis.acl_check_cmd('ZREM', board.set, player) and redis.acl_check_cmd('ZRANK', board.set, player)
      and redis.acl_check_cmd('HSET', board.hash, 'n', 0) and redis.acl_check_cmd('DEL', board.set, board.hash)
      and redis.acl_check_cmd('PEXPIRE', board.set, 1) and redis.acl_check_cmd('PEXPIRE', board.hash, 1)
    if not permitted then return redis.error_reply(DENIED) end
  end
  local member, stored = member_of(board, player)
  local old = stored and tonumber(stored)
  local new = sign * score
  if keep == 'sum' and old then new = old + new end
  if new ~= new or new == math.huge or new == -math.huge then return -1 end
  local changed = not old or new < old or (keep ~= 'best' and new ~= old)
  board.old, board.member, board.new = member, member, changed and new
  if changed then board.member = digits .. player end
end

local reply = {}
for _, board in ipairs(all) do
  if board.new then
    if not board.fresh then redis.call('DEL', board.set, board.hash) end
    redis.call('ZADD', board.set, string.format('%.17g', board.new), board.member)
    if board.old and board.old ~= board.member then redis.call('ZREM', board.set, board.old) end
    redis.call('HSET', board.hash, 'p' .. player, digits, 'n', board.number)
    if board.left then
      redis.call('PEXPIRE', board.set, string.format('%.0f', board.left))
      redis.call('PEXPIRE', board.hash, string.format('%.0f', board.left))
    end
  end
  reply[#reply + 1] = board.new and 1 or 0
  reply[#reply + 1] = shown(redis.call('ZSCORE', board.set, board.member))
  reply[#reply + 1] = redis.call('ZRANK', board.set, board.member)
end
return reply
