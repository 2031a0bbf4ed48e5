-- Takes a lock if it is free.
--
-- KEYS[1]  the lock: a string, which is the token of its holder
-- KEYS[2]  the last fencing number
-- KEYS[3]  those who wait: a sorted set of tokens, with the times until which they count
-- ARGV[1]  the caller's token
-- ARGV[2]  milliseconds that the lock lives
-- ARGV[3]  "once" for a caller who does not wait, "wait" for one who waits if the lock is held,
--          "leave" for one who has waited and gives up
-- ARGV[4]  milliseconds after which a caller who waits and does not come back is forgotten
--
-- Returns {1, token, fencing number as text}, or {0, number of those who wait} if the lock is
-- held.
local lock, fence, waiting = KEYS[1], KEYS[2], KEYS[3]
local token, ttl, mode, patience = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local DAY = 86400000

local holder, last = redis.pcall('GET', lock), redis.pcall('GET', fence)
if type(holder) == 'table' then return holder end
if type(last) == 'table' then return last end
if last and not string.find(last, '^%d+$') then
  return redis.error_reply('ERR the key beside the lock holds no fencing number')
end
if redis.acl_check_cmd then
  local permitted = redis.acl_check_cmd('SET', lock, token)
    and (mode == 'once' or redis.acl_check_cmd('ZADD', waiting, 0, token)
      and redis.acl_check_cmd('ZREM', waiting, token) and redis.acl_check_cmd('PEXPIRE', waiting, 1))
  if not permitted then
    return redis.error_reply('NOPERM this user has no permissions to run SET, ZADD, ZREM or PEXPIRE: nothing was written')
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

-- A connection that broke may send the same call twice.
local again = holder == token
if holder and not again then
  if mode == 'once' then return {0, 0} end
  local millis = math.floor(now / 1000)
  redis.call('ZREMRANGEBYSCORE', waiting, '-inf', '(' .. millis)
  if mode == 'wait' then
    redis.call('ZADD', waiting, millis + patience, token)
    if redis.call('PTTL', waiting) < tonumber(patience) then redis.call('PEXPIRE', waiting, patience) end
  else
    redis.call('ZREM', waiting, token)
  end
  return {0, redis.call('ZCARD', waiting)}
end

if mode ~= 'once' then redis.call('ZREM', waiting, token) end
local number = last
if not again or not last then
  -- The time, so that numbers grow even if the server has lost its data; one more than the
  -- last, so that they grow even if the clock was set back.
  number = string.format('%.0f', math.max(now, (tonumber(last) or 0) + 1))
  redis.call('SET', fence, number, 'PX', string.format('%.0f', math.max(DAY, 2 * ttl)))
end
redis.call('SET', lock, token, 'PX', ttl)
return {1, token, number}
