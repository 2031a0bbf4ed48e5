-- The keys of a queue, and its jobs.
--
-- KEYS[1]  jobs       hash: a job's id, its value
-- KEYS[2]  info       hash: a job's id, its packed counters; and the counters of the queue
-- KEYS[3]  ready      sorted set: ids in the order in which they are taken
-- KEYS[4]  scheduled  sorted set: ids by the time at which they become ready
-- KEYS[5]  leased     sorted set: ids by the end of their lease
-- KEYS[6]  dead       sorted set: ids by the time at which they were given up
-- KEYS[7]  unique     hash: the name of a unique job, its id
-- KEYS[8]  wake       sorted set: has a member if a waiting worker should look
local JOBS, INFO, READY, SCHEDULED, LEASED, DEAD, UNIQUE, WAKE = unpack(KEYS)

-- A key of another type is an error before the first write.
for _, hash in ipairs({JOBS, INFO, UNIQUE}) do redis.call('HLEN', hash) end
for _, set in ipairs({READY, SCHEDULED, LEASED, DEAD, WAKE}) do redis.call('ZCARD', set) end

-- Returns the error of the first of these writes, pairs of a key and a command, that this user
-- may not do.
local HSET, HDEL, HINCRBY = {'HSET', 'f', 'v'}, {'HDEL', 'f'}, {'HINCRBY', 'f', '1'}
local ZADD, ZREM, ZPOPMIN = {'ZADD', '0', 'm'}, {'ZREM', 'm'}, {'ZPOPMIN', '1'}
local function refused_write(writes)
  for _, write in ipairs(writes) do
    local refused = refusal(write[1], {write[2]})
    if refused then return refused end
  end
  return nil
end

local function refused_removal()
  return refused_write({{LEASED, ZREM}, {READY, ZREM}, {SCHEDULED, ZREM}, {DEAD, ZREM}, {JOBS, HDEL}, {INFO, HDEL}, {UNIQUE, HDEL}})
end

-- A job's counters: how often it was taken, the failed attempts, its priority, the time from
-- which it is ready, its unique name and the reason of its last failure.
local function load_job(id)
  local packed = redis.call('HGET', INFO, id)
  if not packed then return nil end
  local job = {}
  job.takes, job.attempts, job.priority, job.ready, job.unique, job.reason = unpack(cmsgpack.unpack(packed))
  return job
end

local function save_job(id, job)
  redis.call('HSET', INFO, id, cmsgpack.pack({job.takes, job.attempts, job.priority, job.ready, job.unique, job.reason}))
end

-- Puts a job among those that are ready: by priority, then by time, then by id. The score is
-- exact: 42 bits hold milliseconds until 2109, and a double has 53.
local function make_ready(id, job)
  redis.call('ZADD', READY, whole(job.ready - job.priority * 4398046511104), id)
  redis.call('ZADD', WAKE, '0', 'w')
end

local function free_name(id, job)
  if job.unique ~= '' and redis.call('HGET', UNIQUE, job.unique) == id then
    redis.call('HDEL', UNIQUE, job.unique)
  end
end

-- Gives a job up. Its name is free, so that it does not block another job.
local function bury(id, job, now)
  redis.call('ZADD', DEAD, whole(now), id)
  free_name(id, job)
  save_job(id, job)
end

local function forget(id, job)
  for _, set in ipairs({LEASED, READY, SCHEDULED, DEAD}) do
    if redis.call('ZREM', set, id) == 1 then break end
  end
  redis.call('HDEL', JOBS, id)
  redis.call('HDEL', INFO, id)
  free_name(id, job)
end
