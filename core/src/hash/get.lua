-- Reads fields of a hash and lets it expire, or deletes it, in the same step.
--
-- KEYS[1]  the hash
-- ARGV[1]  milliseconds to live, or "delete"
-- ARGV[2]  how many positions follow, then the positions of fields that must
--          be there for the record to be deleted
-- then     the names of the fields
--
-- HMGET comes first: it fails on another type before anything has changed.
local key = KEYS[1]
local needed = tonumber(ARGV[2])
local values = {}
-- unpack cannot take thousands of arguments at once.
for from = 3 + needed, #ARGV, 4000 do
  local part = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  for i = 1, #part do values[#values + 1] = part[i] end
end
if ARGV[1] ~= 'delete' then
  redis.call('PEXPIRE', key, ARGV[1])
  return values
end
local found = false
for i = 1, #values do found = found or values[i] end
if not found then return values end
for i = 3, 2 + needed do
  -- Not a whole record: it stays, and the program says what is missing.
  if not values[tonumber(ARGV[i])] then return values end
end
redis.call('DEL', key)
return values
