-- Writes a string if there is no such key.
--
-- KEYS[1]  the string
-- ARGV[1]  the value; what follows are SET's options
--
-- In a transaction a script has to find the key before its first write, which is too late
-- for `SET … NX` to say that there is one.
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
return redis.call('SET', KEYS[1], unpack(ARGV))
