-- Extends the lease of a job, from now on.
--
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  its id
-- ARGV[3]  the number of times that it had been taken
-- ARGV[4]  milliseconds of the lease
-- ARGV[5]  extend, or begin to count an attempt, too
--
-- Returns 1, or 0 if the lease was lost.
local id, job = ARGV[2], load_job(ARGV[2])
if not job or job.takes ~= tonumber(ARGV[3]) or not redis.call('ZSCORE', LEASED, id) then return 0 end
local refused = refused_write({{LEASED, ZADD}, {INFO, HSET}})
if refused then return refused end
if ARGV[5] == 'begin' then
  job.attempts = job.attempts + 1
  save_job(id, job)
end
redis.call('ZADD', LEASED, whole(now_millis(ARGV[1]) + tonumber(ARGV[4])), id)
return 1
