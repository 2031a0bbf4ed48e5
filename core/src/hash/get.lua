-- Reads fields of a hash and sets its time to live in the same step.
--
-- KEYS[1]  the hash
-- ARGV[1]  milliseconds to live
-- then     the names of the fields, each with its aliases behind it
--
-- HMGET comes first: it fails on another type before anything has changed.
local values = {}
-- unpack cannot take thousands of arguments at once.
for from = 2, #ARGV, 4000 do
  local part = redis.call('HMGET', KEYS[1], unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  for i = 1, #part do values[#values + 1] = part[i] end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return values
