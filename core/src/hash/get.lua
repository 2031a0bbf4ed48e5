-- Reads a record and deletes it, in the same step.
--
-- KEYS[1]  the hash
-- ARGV[1]  how many ranges follow, then those: a version, first and last
--          position. Of the fields in each one must be there for the record to
--          be deleted, if it is of that version; 0 is any
-- then     the names of the fields, each with its aliases behind it; where there
--          are versions, that of the version comes first
--
-- HMGET comes first: it fails on another type before anything has changed.
local key = KEYS[1]
local needed = 3 * tonumber(ARGV[1])
local values = {}
-- unpack cannot take thousands of arguments at once.
for from = 2 + needed, #ARGV, 4000 do
  local part = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  for i = 1, #part do values[#values + 1] = part[i] end
end
local found = false
for i = 1, #values do found = found or values[i] end
if not found then return values end
local known = needed == 0
for i = 2, 1 + needed, 3 do
  if ARGV[i] == '0' or ARGV[i] == (values[1] or '1') then
    known = true
    local whole = false
    for at = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]) do whole = whole or values[at] end
    -- Not a whole record: it stays, and the program says what is missing.
    if not whole then return values end
  end
end
-- Nor is one of another version deleted.
if not known then return values end
redis.call('DEL', key)
return values
