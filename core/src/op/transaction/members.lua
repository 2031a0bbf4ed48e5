-- Runs several scripts, each on a key of its own: all of them write, or none does.
--
-- KEYS     the keys, one for each member
-- ARGV     for each member the name of its script, how many arguments follow, then those
--
-- Returns "applied" and the members' replies, or "refused", the position of the first member
-- that is not applied, and its reply or, as text, its error: then nothing was written.
-- "partial" has the same form and is returned if a member failed after others had written,
-- which no script of this crate does.
--
-- `script_of` returns the script of a member as a function. A script writes only after
-- everything that can fail was tried. So each is run up to its first write, and, if all of
-- them get there, each is run to its end.
local function is_read(command)
  return command == 'HGET' or command == 'HEXISTS' or command == 'HMGET' or command == 'HPTTL'
    or command == 'HLEN' or command == 'TYPE' or command == 'GET' or command == 'EXISTS'
    or command == 'GETRANGE' or command == 'STRLEN' or command == 'PTTL'
end

-- The `redis` of the members, of which one is running.
local running, waited, wrote = 1, {}, false

-- Waits for the other members before the first write.
local function call(command, ...)
  if is_read(command) then return redis.call(command, ...) end
  if not waited[running] then
    local key = KEYS[running]
    -- That writes nothing, so there is nothing to wait for.
    if command == 'DEL' and redis.call('EXISTS', key) == 0 then return 0 end
    -- Fails on another type, as the write would.
    if string.sub(command, 1, 1) == 'H' then redis.call('HLEN', key) end
    -- Redis older than 7.0 cannot be asked.
    if redis.acl_check_cmd and not redis.acl_check_cmd(command, ...) then
      error(redis.error_reply('NOPERM this user has no permissions to run ' .. command .. ' on the key'), 0)
    end
    waited[running] = true
    coroutine.yield()
  end
  local reply = redis.call(command, ...)
  wrote = true
  return reply
end

local own = {
  call = call,
  pcall = function(command, ...)
    if is_read(command) then return redis.pcall(command, ...) end
    return call(command, ...)
  end,
  acl_check_cmd = redis.acl_check_cmd,
  error_reply = redis.error_reply,
  status_reply = redis.status_reply,
}

-- Returns `true` for a reply that says that nothing was written.
local function is_refused(reply)
  if type(reply) ~= 'table' then return reply == 0 or not reply end
  local status = reply[1]
  return reply.err or type(status) == 'table' and status.ok and status.ok ~= 'applied'
end

local function text_of(failure)
  return type(failure) == 'table' and failure.err or tostring(failure)
end

local function refusal(status, i, reply)
  if type(reply) == 'table' and reply.err then reply = reply.err end
  return {{ok = status}, i - 1, {ok = type(reply) == 'string' and 'error' or 'reply'}, reply}
end

local scripts, members, replies = {}, {}, {{ok = 'applied'}}
local at = 1
for i = 1, #KEYS do
  local name, last, arguments = ARGV[at], at + 1 + ARGV[at + 1], {}
  for j = at + 2, last do arguments[j - at - 1] = ARGV[j] end
  at, running = last + 1, i
  scripts[name] = scripts[name] or script_of(name)
  members[i] = coroutine.create(scripts[name])
  local done, reply = coroutine.resume(members[i], {KEYS[i]}, arguments, own)
  if not done then return refusal('refused', i, text_of(reply)) end
  if not waited[i] then
    if is_refused(reply) then return refusal('refused', i, reply) end
    replies[i + 1] = reply
  end
end

for i = 1, #KEYS do
  if waited[i] then
    running = i
    local done, reply = coroutine.resume(members[i])
    if not done then
      -- A server that is a replica or out of memory refuses the first write of a script.
      if not wrote then return redis.error_reply(text_of(reply)) end
      return refusal('partial', i, text_of(reply))
    end
    if is_refused(reply) then return refusal('partial', i, reply) end
    replies[i + 1] = reply
  end
end
return replies
