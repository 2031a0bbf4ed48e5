-- Returns all sessions that have not ended, the oldest first.
local refused = refusal(false)
if refused then return refused end
local sessions = {}
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  local id = string.match(name, '^m(.*)$')
  local found = id and find(KEYS[1], id)
  if found then sessions[#sessions + 1] = {id, found} end
end
table.sort(sessions, function(one, other)
  if one[2].created ~= other[2].created then return one[2].created < other[2].created end
  return one[1] < other[1]
end)
for i, each in ipairs(sessions) do sessions[i] = shown(KEYS[1], each[1], each[2]) end
return sessions
