-- Writes a string, unless a newer version of the model wrote the one that is
-- stored.
--
-- KEYS[1]  the string
-- ARGV[1]  the version that is written
-- ARGV[2]  the value; what follows are SET's options
--
-- The envelope is described in codec/envelope.md. GETRANGE fails on another type.
local envelope, mark, _, version = string.byte(redis.call('GETRANGE', KEYS[1], 0, 3), 1, 4)
if envelope == 0xC1 then
  if mark == 0xFE then
    return redis.error_reply('NEWERVERSION stored by a later release of redis-model, in an envelope that this one does not know')
  end
  if (mark == 0xFC or mark == 0xFD) and version and version > tonumber(ARGV[1]) then
    return redis.error_reply('NEWERVERSION stored by version ' .. version .. ' of the model; this program knows up to ' .. ARGV[1] .. '; `overwrite_newer` replaces it')
  end
end
return redis.call('SET', KEYS[1], unpack(ARGV, 2))
