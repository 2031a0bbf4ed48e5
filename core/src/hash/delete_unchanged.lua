-- Deletes a hash if the fields that were read still hold what was read.
--
-- KEYS[1]  the hash
-- ARGV[1]  how many arguments of field, value, field, value … follow
-- then     those, and after them the names of the fields that were absent
--
-- Returns "applied" if deleted, "missing" if the hash has none of the fields,
-- "conflict" if one of them has changed. HGET fails on another type.
local key = KEYS[1]
local last = 1 + tonumber(ARGV[1])
local found, changed = false, false
local function compare(name, read)
  local stored = redis.call('HGET', key, name)
  found = found or stored
  changed = changed or stored ~= read
end
for at = 2, last, 2 do compare(ARGV[at], ARGV[at + 1]) end
for at = last + 1, #ARGV do compare(ARGV[at], false) end
if not found then return {{ok = 'missing'}} end
if changed then return {{ok = 'conflict'}} end
redis.call('DEL', key)
return {{ok = 'applied'}}
