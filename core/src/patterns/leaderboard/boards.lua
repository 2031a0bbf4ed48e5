-- The boards of a leaderboard, one or two for each period.
--
-- KEYS[1]  the leaderboard's key, of which the others are made; nothing is stored there
-- then     for each period, two pairs of keys, or one pair if the period never ends. A pair is
--          a sorted set and a hash. Periods take turns with their pairs, so the last period
--          stays readable and no key has a date in its name.
-- ARGV[1]  the time in microseconds since 1970, or "" for the server's clock
-- ARGV[2]  -1 if high scores are best, 1 if low ones are
-- ARGV[3]  the number of periods, then for each: its length and its offset in microseconds; a
--          length of 0 never ends
--
-- Sorted set: stored scores, of which the lowest is best, and members "<16 digits><player>".
-- The digits are the time of the score, so among equal scores the earlier is first.
-- Hash: "p<player>" has the digits of a player, "n" the number of the period.
local now, sign, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
-- The first argument of the script that follows.
local rest = 4 + 2 * count

local WRONGTYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'
local DENIED = 'NOPERM this user has no permissions to run a command of the leaderboard: nothing was written'

local function wrong_type(key, expected)
  local stored = redis.call('TYPE', key).ok
  return stored ~= expected and stored ~= 'none'
end

-- Returns the boards of the current period, or of one that is `back` periods earlier.
local function boards(back)
  local found, key = {}, 2
  for period = 1, count do
    local length, offset = tonumber(ARGV[2 + 2 * period]), tonumber(ARGV[3 + 2 * period])
    local number, pair, left = 0, 0, nil
    if length > 0 then
      number = math.floor((now + offset) / length) - back
      pair = number % 2
      -- Until the end of the next period.
      left = math.ceil(((number + 2) * length - offset - now) / 1000)
    end
    local set, hash = KEYS[key + 2 * pair], KEYS[key + 2 * pair + 1]
    if wrong_type(set, 'zset') or wrong_type(hash, 'hash') then return nil end
    local stored = redis.call('HGET', hash, 'n')
    -- The clock was set back since the pair was written.
    local ahead = length > 0 and (tonumber(stored or '') or number) > number
    number = string.format('%.0f', number)
    -- The pair of the period before the last, if the server has not expired it yet.
    local fresh = length == 0 or stored == number
    found[period] = {set = set, hash = hash, number = number, left = left, fresh = fresh, ahead = ahead}
    key = key + (length > 0 and 4 or 2)
  end
  return found
end

local function shown(stored)
  -- Adding 0 makes 0 of -0.
  return string.format('%.17g', sign * tonumber(stored) + 0)
end

-- Returns the member of a player and its stored score.
local function member_of(board, player)
  local digits = board.fresh and redis.call('HGET', board.hash, 'p' .. player)
  local member = digits and digits .. player
  local stored = member and redis.call('ZSCORE', board.set, member)
  if stored then return member, stored end
end
