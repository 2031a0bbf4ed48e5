-- Adds a job.
--
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  milliseconds until it is ready
-- ARGV[3]  its priority
-- ARGV[4]  its unique name, or empty
-- ARGV[5]  its value
--
-- Returns new or exists, and the id of the job.
local name = ARGV[4]
local existing = name ~= '' and redis.call('HGET', UNIQUE, name)
if existing then return {'exists', existing} end

local delay = tonumber(ARGV[2])
local ready = now_millis(ARGV[1]) + delay
local writes = {{INFO, HINCRBY}, {INFO, HSET}, {JOBS, HSET}, {delay > 0 and SCHEDULED or READY, ZADD}, {WAKE, ZADD}}
if name ~= '' then writes[#writes + 1] = {UNIQUE, HSET} end
local refused = refused_write(writes)
if refused then return refused end

-- Ids have the same length, so that Redis' order of equal scores is that of their numbers.
local id = string.format('%016.0f', redis.call('HINCRBY', INFO, 'last_id', 1))
local job = {takes = 0, attempts = 0, priority = tonumber(ARGV[3]), ready = ready, unique = name, reason = ''}
save_job(id, job)
redis.call('HSET', JOBS, id, ARGV[5])
if name ~= '' then redis.call('HSET', UNIQUE, name, id) end
if delay > 0 then
  redis.call('ZADD', SCHEDULED, whole(ready), id)
  -- A worker that waits has to know of an earlier time.
  redis.call('ZADD', WAKE, '0', 'w')
else
  make_ready(id, job)
end
return {'new', id}
