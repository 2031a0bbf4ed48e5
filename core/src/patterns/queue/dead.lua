-- Returns jobs that were given up, the last one first: of each its id, its attempts, the
-- reason, the time in milliseconds and its value.
--
-- ARGV[1]  the most jobs
local found, most = {}, tonumber(ARGV[1])
-- An end of -1 would be the last one.
if most < 1 then return found end
for i, part in ipairs(redis.call('ZREVRANGE', DEAD, 0, whole(math.min(most, 2 ^ 53) - 1), 'WITHSCORES')) do
  if i % 2 == 0 then
    local id = found[#found]
    local job = load_job(id) or {attempts = 0, reason = ''}
    for _, more in ipairs({job.attempts, job.reason, part, redis.call('HGET', JOBS, id)}) do found[#found + 1] = more end
  else
    found[#found + 1] = part
  end
end
return found
