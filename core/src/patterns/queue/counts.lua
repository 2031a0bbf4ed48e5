-- Counts the jobs of a queue.
--
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
--
-- Returns the numbers of jobs that are ready, scheduled, leased and dead, and of all that were
-- done. Jobs whose time has come are ready, although no worker has looked since.
local now = whole(now_millis(ARGV[1]))
local due, ended = redis.call('ZCOUNT', SCHEDULED, '-inf', now), redis.call('ZCOUNT', LEASED, '-inf', now)
return {
  redis.call('ZCARD', READY) + due + ended,
  redis.call('ZCARD', SCHEDULED) - due,
  redis.call('ZCARD', LEASED) - ended,
  redis.call('ZCARD', DEAD),
  tonumber(redis.call('HGET', INFO, 'done') or 0),
}
