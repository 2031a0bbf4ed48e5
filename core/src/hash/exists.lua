-- Returns 1 if there is a record, 0 if there is none.
--
-- KEYS[1]  the hash
-- ARGV     the presence names: there is a record where the hash has one of them
--
-- HEXISTS fails on another type.
for i = 1, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then return 1 end
end
return 0
