-- Makes a job ready that was given up, with no attempts.
--
-- ARGV[1]  its id
-- ARGV[2]  the time in milliseconds, or empty for the server's clock
--
-- Returns 1, or 0 if it was not given up.
local id = ARGV[1]
local job = redis.call('ZSCORE', DEAD, id) and load_job(id)
if not job then return 0 end
local refused = refused_write({{DEAD, ZREM}, {INFO, HSET}, {READY, ZADD}, {WAKE, ZADD}, {UNIQUE, HSET}})
if refused then return refused end
job.attempts, job.ready = 0, now_millis(ARGV[2])
-- A job with the same name may have been added since; then this one is not unique any more.
if job.unique ~= '' then
  if redis.call('HEXISTS', UNIQUE, job.unique) == 0 then
    redis.call('HSET', UNIQUE, job.unique, id)
  else
    job.unique = ''
  end
end
redis.call('ZREM', DEAD, id)
save_job(id, job)
make_ready(id, job)
return 1
