-- The sessions of one owner: a user, or a visitor without a user.
--
-- KEYS[1]  the owner's hash
-- ARGV[1]  the time in milliseconds since 1970, or "" for the server's clock
-- ARGV[2]  the milliseconds after which an unused session ends
-- ARGV[3]  the milliseconds after which any session ends
-- then     the arguments of the script that follows
--
-- Hash: "m<id>" has the times and the revision of a session, "<created> <expires> <revision>",
-- "d<id>" its data, and "u" the user. An id is a hash of the session's token.
local now, idle, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function text(number) return string.format('%.0f', number) end

-- Returns an error if a key has another type, or if the user may not run a command of a write.
local function refusal(writes)
  for _, key in ipairs(KEYS) do
    local stored = redis.call('TYPE', key).ok
    if stored ~= 'hash' and stored ~= 'none' then
      return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
    end
    if writes and redis.acl_check_cmd then
      local permitted = redis.acl_check_cmd('HSET', key, 'u', '') and redis.acl_check_cmd('HGET', key, 'u')
        and redis.acl_check_cmd('HDEL', key, 'u') and redis.acl_check_cmd('DEL', key)
        and redis.acl_check_cmd('HLEN', key) and redis.acl_check_cmd('HEXISTS', key, 'u')
        and redis.acl_check_cmd('HKEYS', key) and redis.acl_check_cmd('HRANDFIELD', key, 1)
        and redis.acl_check_cmd('PTTL', key) and redis.acl_check_cmd('PEXPIRE', key, 1)
      if not permitted then
        return redis.error_reply('NOPERM this user has no permissions to run a command of sessions: nothing was written')
      end
    end
  end
end

local function ended(created, expires) return now >= expires or now >= created + most end

-- Returns the times and the revision of a session that has not ended.
local function find(key, id)
  local meta = redis.call('HGET', key, 'm' .. id) or ''
  local created, expires, revision = string.match(meta, '^(%d+) (%d+) (%d+)$')
  if not created or ended(tonumber(created), tonumber(expires)) then return nil end
  return {created = tonumber(created), expires = tonumber(expires), revision = tonumber(revision)}
end

-- Writes a session, which then lives for its whole time again. Returns the end of that time.
local function write(key, id, created, revision, data)
  local expires = math.min(now + idle, created + most)
  redis.call('HSET', key, 'm' .. id, text(created) .. ' ' .. text(expires) .. ' ' .. text(revision))
  if data then redis.call('HSET', key, 'd' .. id, data) end
  -- The hash lives as long as the session that ends last.
  local left = math.max(1, expires - now)
  if redis.call('PTTL', key) < left then redis.call('PEXPIRE', key, text(left)) end
  return expires
end

-- Removes a session.
local function remove(key, id)
  local removed = redis.call('HDEL', key, 'm' .. id, 'd' .. id)
  if redis.call('HLEN', key) == 1 and redis.call('HEXISTS', key, 'u') == 1 then redis.call('DEL', key) end
  return removed
end

-- Adds a session. `user` is "u<user>", or "" for a visitor.
local function add(key, id, user, created, data)
  -- Some of the sessions that have ended: each new one removes more than it adds.
  for _, name in ipairs(redis.call('HRANDFIELD', key, 20)) do
    local old = string.match(name, '^m(.*)$')
    local begun, expires = string.match(old and redis.call('HGET', key, name) or '', '^(%d+) (%d+) %d+$')
    if begun and ended(tonumber(begun), tonumber(expires)) then
      redis.call('HDEL', key, name, 'd' .. old)
    end
  end
  write(key, id, created, 1, data)
  if user ~= '' then redis.call('HSET', key, 'u', string.sub(user, 2)) end
end

-- Returns a session as the client reads it.
local function shown(key, id, found)
  local data = redis.call('HGET', key, 'd' .. id) or ''
  local user = redis.call('HGET', key, 'u')
  return {id, data, text(found.created), text(found.expires), text(found.revision), user}
end
