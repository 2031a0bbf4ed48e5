-- Writes a string in place of another, if that is still there.
--
-- KEYS[1]  the string
-- ARGV[1]  what it must be
-- ARGV[2]  what it is to be; what follows are SET's options
--
-- Returns "applied" if written, "missing" if there is no such key, "conflict" if it is
-- something else. GET fails on another type.
local held = redis.call('GET', KEYS[1])
if not held then return {{ok = 'missing'}} end
if held ~= ARGV[1] then return {{ok = 'conflict'}} end
redis.call('SET', KEYS[1], unpack(ARGV, 2))
return {{ok = 'applied'}}
