-- Removes a job, unless a worker has it.
--
-- ARGV[1]  its id
-- ARGV[2]  the time in milliseconds, or empty for the server's clock
--
-- Returns 1, or 0 if there is no such job or a worker has it.
local id, job = ARGV[1], load_job(ARGV[1])
if not job then return 0 end
local lease_end = redis.call('ZSCORE', LEASED, id)
if lease_end and tonumber(lease_end) > now_millis(ARGV[2]) then return 0 end
local refused = refused_removal()
if refused then return refused end
forget(id, job)
return 1
