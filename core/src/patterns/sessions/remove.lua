-- Removes sessions.
--
-- ARGV[4]  "one", then the id
--          "take", then the id and the revision that was read
--          "all"
--          "others", then the id of the session that stays
--
-- Returns the number of sessions that were removed. For "take" 1, 0 if another client has
-- changed the session, or -1 if the session has ended.
local refused = refusal(true)
if refused then return refused end
local key, what, id = KEYS[1], ARGV[4], ARGV[5]

if what == 'one' or what == 'take' then
  local found = find(key, id)
  if not found then
    remove(key, id)
    return what == 'take' and -1 or 0
  end
  if what == 'take' and text(found.revision) ~= ARGV[6] then return 0 end
  remove(key, id)
  return 1
end

-- A token that is not valid any more revokes nothing.
if what == 'others' and not find(key, id) then return 0 end
local removed = 0
for _, name in ipairs(redis.call('HKEYS', key)) do
  local other = string.match(name, '^m(.*)$')
  if other and other ~= id then
    if find(key, other) then removed = removed + 1 end
    if what == 'others' then redis.call('HDEL', key, name, 'd' .. other) end
  end
end
if what == 'all' then redis.call('DEL', key) end
return removed
