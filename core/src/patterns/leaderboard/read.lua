-- Reads the board of one period.
--
-- ARGV[rest]      how many periods back, 0 or 1
-- ARGV[rest + 1]  "len"
--                 "range", then the first rank and the number of ranks
--                 "player", then the player
--                 "around", then the player and the number of ranks on each side
--
-- Returns the number of players, or the rank of the first entry and the entries, each as a
-- player and a score. Of one player, only the rank and the score. If there is nothing, nil.
local all = boards(tonumber(ARGV[rest]))
if not all then return redis.error_reply(WRONGTYPE) end
local board, what = all[1], ARGV[rest + 1]

if what == 'len' then return board.fresh and redis.call('ZCARD', board.set) or 0 end
if not board.fresh then return false end

local first, entries
if what == 'range' then
  first, entries = tonumber(ARGV[rest + 2]), tonumber(ARGV[rest + 3])
else
  local member, stored = member_of(board, ARGV[rest + 2])
  if not member then return false end
  local rank = redis.call('ZRANK', board.set, member)
  if what == 'player' then return {rank, shown(stored)} end
  local side = tonumber(ARGV[rest + 3])
  first = math.max(0, rank - side)
  entries = rank + side - first + 1
end
if entries == 0 then return false end
local last = string.format('%.0f', first + entries - 1)
local found = redis.call('ZRANGE', board.set, string.format('%.0f', first), last, 'WITHSCORES')
local reply = {first}
for i = 1, #found, 2 do
  reply[i + 1] = string.sub(found[i], 17)
  reply[i + 2] = shown(found[i + 1])
end
return reply
