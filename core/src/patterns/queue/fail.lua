-- Ends a lease of a job that was not done.
--
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  its id
-- ARGV[3]  the number of times that it had been taken
-- ARGV[4]  retry, bury, release to take it back as if it had not been taken, or return to do so
--          with a job that was not counted as tried
-- ARGV[5]  milliseconds until it is ready again
-- ARGV[6]  the attempts after which it is given up
-- ARGV[7]  the reason
--
-- Returns retry, dead or lost: another worker has taken it since, or may take it.
local id, job = ARGV[2], load_job(ARGV[2])
if not job or job.takes ~= tonumber(ARGV[3]) or not redis.call('ZSCORE', LEASED, id) then return 'lost' end
local refused = refused_write({
  {LEASED, ZREM}, {INFO, HSET}, {READY, ZADD}, {SCHEDULED, ZADD}, {WAKE, ZADD}, {DEAD, ZADD}, {UNIQUE, HDEL},
})
if refused then return refused end
local now, delay = now_millis(ARGV[1]), tonumber(ARGV[5])

redis.call('ZREM', LEASED, id)
if ARGV[4] == 'release' or ARGV[4] == 'return' then
  if ARGV[4] == 'release' then job.attempts = job.attempts - 1 end
  save_job(id, job)
  make_ready(id, job)
  return 'retry'
end
job.reason = ARGV[7]
if ARGV[4] == 'bury' or job.attempts >= tonumber(ARGV[6]) then
  bury(id, job, now)
  return 'dead'
end
job.ready = now + delay
save_job(id, job)
if delay > 0 then
  redis.call('ZADD', SCHEDULED, whole(job.ready), id)
  redis.call('ZADD', WAKE, '0', 'w')
else
  make_ready(id, job)
end
return 'retry'
