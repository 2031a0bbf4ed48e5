-- Returns the generation of a tag, which every entry with the tag stores.
--
-- KEYS[1]  the tag
-- ARGV[1]  a new generation
-- ARGV[2]  milliseconds to live, twice as long as an entry lives
-- ARGV[3]  1 to begin the new generation in any case, which invalidates all entries
--
-- A tag that is missing, because it expired or was evicted, begins a new generation, too: its
-- older entries are never used again.
local key, millis = KEYS[1], tonumber(ARGV[2])
local generation = redis.call('GET', key)
if ARGV[3] == '1' or not generation then
  redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
  return ARGV[1]
end
if redis.call('PTTL', key) < millis / 2 then redis.call('PEXPIRE', key, ARGV[2]) end
return generation
