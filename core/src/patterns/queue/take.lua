-- Leases jobs to a worker.
--
-- ARGV[1]  the time in milliseconds, or empty for the server's clock
-- ARGV[2]  the most jobs
-- ARGV[3]  milliseconds of a lease
-- ARGV[4]  the attempts after which a job is given up
-- ARGV[5]  the number of jobs, from the first, for which an attempt is counted; a worker counts
--          those of the others when it begins them
--
-- Returns the milliseconds until a job becomes ready (-1 if there is none), and of each job its
-- id, the number of times that it was taken, its attempts and its value.
local refused = refused_write({
  {READY, ZPOPMIN}, {READY, ZADD}, {WAKE, ZADD}, {INFO, HSET}, {LEASED, ZADD}, {LEASED, ZREM},
  {SCHEDULED, ZREM}, {DEAD, ZADD}, {UNIQUE, HDEL},
})
if refused then return refused end
local now, count, lease, most = now_millis(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
-- A bound on the work of one call; the rest follows with the next.
local AT_ONCE = 1000
count = math.min(count, AT_ONCE)
local counted = tonumber(ARGV[5])

for _, id in ipairs(redis.call('ZRANGEBYSCORE', SCHEDULED, '-inf', whole(now), 'LIMIT', 0, AT_ONCE)) do
  redis.call('ZREM', SCHEDULED, id)
  local job = load_job(id)
  if job then make_ready(id, job) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASED, '-inf', whole(now), 'LIMIT', 0, AT_ONCE)) do
  redis.call('ZREM', LEASED, id)
  local job = load_job(id)
  if job and job.attempts >= most then
    job.reason = 'the lease ended'
    bury(id, job, now)
  elseif job then
    make_ready(id, job)
  end
end

local taken = {}
while #taken < 4 * count do
  local popped = redis.call('ZPOPMIN', READY, count - #taken / 4)
  if #popped == 0 then break end
  for i = 1, #popped, 2 do
    local id = popped[i]
    local job, value = load_job(id), redis.call('HGET', JOBS, id)
    if job and value then
      job.takes = job.takes + 1
      if #taken / 4 < counted then job.attempts = job.attempts + 1 end
      save_job(id, job)
      redis.call('ZADD', LEASED, whole(now + lease), id)
      for _, part in ipairs({id, job.takes, job.attempts, value}) do taken[#taken + 1] = part end
    end
  end
end
-- Another worker may have waited for the same sign.
if redis.call('ZCARD', READY) > 0 then redis.call('ZADD', WAKE, '0', 'w') end

local next_ready = -1
for _, set in ipairs({SCHEDULED, LEASED}) do
  local first = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2]
  local left = first and math.max(tonumber(first) - now, 0)
  if left and (next_ready < 0 or left < next_ready) then next_ready = left end
end
return {next_ready, taken}
