-- How long a field of a hash has to live, in milliseconds; -1 for ever, -2
-- where there is no such field.
--
-- KEYS[1]  the hash
-- ARGV     the field's name, and those under which it is read, too
--
-- HLEN fails on another type, before a server that does not know HPTTL could
-- answer with something else.
redis.call('HLEN', KEYS[1])
for i = 1, #ARGV do
  local left = redis.pcall('HPTTL', KEYS[1], 'FIELDS', 1, ARGV[i])
  if left.err then
    if not string.find(left.err, 'nknown') then return left end
    return redis.error_reply('NOFIELDTTL fields of a hash that expire need Redis 7.4 or Valkey 9')
  end
  if left[1] and left[1] ~= -2 then return left[1] end
end
return -2
