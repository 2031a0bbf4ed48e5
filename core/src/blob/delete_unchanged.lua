-- Deletes a string if it is still the one that was read.
--
-- KEYS[1]  the string
-- ARGV[1]  what was read
--
-- Returns "applied" if deleted, "missing" if there is no such key, "conflict" if the
-- string has changed. GET fails on another type.
local stored = redis.call('GET', KEYS[1])
if not stored then return {{ok = 'missing'}} end
if stored ~= ARGV[1] then return {{ok = 'conflict'}} end
redis.call('DEL', KEYS[1])
return {{ok = 'applied'}}
