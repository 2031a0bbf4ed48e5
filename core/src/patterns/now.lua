-- Returns the time in milliseconds since 1970: the one that the caller gave, or the server's.
local function now_millis(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Returns a whole number as text. Lua's own conversion rounds long numbers.
local function whole(number)
  return string.format('%.0f', number)
end

-- Returns the error of the first command that this user may not run on the key, so that a
-- script fails before its first write. Servers before Redis 7.0 cannot be asked.
local function refusal(key, commands)
  if not redis.acl_check_cmd then return nil end
  for _, command in ipairs(commands) do
    if not redis.acl_check_cmd(command[1], key, unpack(command, 2)) then
      return redis.error_reply('NOPERM this user has no permissions to run ' .. command[1] .. ' on the key: nothing was written')
    end
  end
  return nil
end
