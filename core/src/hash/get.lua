-- Reads fields of a hash and lets it expire, or deletes it, in the same step.
--
-- KEYS[1]  the hash
-- ARGV[1]  milliseconds to live, or "delete"
-- ARGV[2]  how many ranges follow, then those, first and last position: of the
--          fields in each one must be there for the record to be deleted
-- then     the names of the fields, each with its aliases behind it
--
-- HMGET comes first: it fails on another type before anything has changed.
local key = KEYS[1]
local needed = 2 * tonumber(ARGV[2])
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
for i = 3, 2 + needed, 2 do
  local whole = false
  for at = tonumber(ARGV[i]), tonumber(ARGV[i + 1]) do whole = whole or values[at] end
  -- Not a whole record: it stays, and the program says what is missing.
  if not whole then return values end
end
redis.call('DEL', key)
return values
