-- Reads a record and sets its TTL, in one step.
--
-- KEYS[1]  the hash
-- ARGV[1]  milliseconds to live
-- ARGV[2]  how many positions of presence names follow, then those: there is a record
--          where one of the values at these positions is there
-- then     the names of the fields
--
-- HMGET fails on another type.
local key = KEYS[1]
local positions = tonumber(ARGV[2])
local values = {}
-- unpack cannot take thousands of arguments at once.
for from = 3 + positions, #ARGV, 4000 do
  local part = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  for i = 1, #part do values[#values + 1] = part[i] end
end
-- A hash that is no record belongs to another program.
for i = 3, 2 + positions do
  if values[tonumber(ARGV[i])] then
    redis.call('PEXPIRE', key, ARGV[1])
    break
  end
end
return values
