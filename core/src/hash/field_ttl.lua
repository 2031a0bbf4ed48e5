-- Returns the milliseconds that a field of a hash has to live; -1 for ever, -2
-- if there is no such field.
--
-- KEYS[1]  the hash
-- ARGV     the field's name and its aliases
--
-- HLEN fails on another type, before the server could answer with something else.
redis.call('HLEN', KEYS[1])
local refused = cannot_expire_fields(KEYS[1])
if refused then return refused end
for i = 1, #ARGV do
  local left = redis.call('HPTTL', KEYS[1], 'FIELDS', 1, ARGV[i])
  if left[1] and left[1] ~= -2 then return left[1] end
end
return -2
