-- Removes a job that was done.
--
-- ARGV[1]  its id
-- ARGV[2]  the number of times that it had been taken
--
-- Returns 1, or 0 if another worker has taken it since, or it is done already. A job whose
-- lease ended and that nobody has taken since is done, too.
local job = load_job(ARGV[1])
if not job or job.takes ~= tonumber(ARGV[2]) then return 0 end
local refused = refused_removal() or refused_write({{INFO, HINCRBY}})
if refused then return refused end
forget(ARGV[1], job)
redis.call('HINCRBY', INFO, 'done', 1)
return 1
