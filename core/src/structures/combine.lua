-- Combines sorted sets. The commands would take sets, too.
--
-- KEYS     the sorted sets
-- ARGV[1]  the type that they may hold
-- ARGV[2]  the command; its arguments behind the keys follow
--
-- Returns the command's reply.
for i = 1, #KEYS do
  local stored = redis.call('TYPE', KEYS[i]).ok
  if stored ~= ARGV[1] and stored ~= 'none' then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
end
local words = {ARGV[2], #KEYS}
for i = 1, #KEYS do words[#words + 1] = KEYS[i] end
for i = 3, #ARGV do words[#words + 1] = ARGV[i] end
return redis.call(unpack(words))
