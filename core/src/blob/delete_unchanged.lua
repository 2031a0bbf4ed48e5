-- Deletes a string if it is still the one that was read.
--
-- KEYS[1]  the string
-- ARGV[1]  what was read
--
-- Returns {1} when deleted, {0} when there is no such key, {2} when the string
-- has changed. GET fails on another type.
local stored = redis.call('GET', KEYS[1])
if not stored then return {0} end
if stored ~= ARGV[1] then return {2} end
redis.call('DEL', KEYS[1])
return {1}
