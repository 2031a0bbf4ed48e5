-- Returns an error reply if the server cannot expire fields of a hash, nil if it can.
local function cannot_expire_fields(key)
  local ttl = redis.pcall('HPTTL', key, 'FIELDS', 1, '_')
  if not ttl.err then return nil end
  -- A server without TTLs of fields does not know the command.
  if not string.find(ttl.err, 'nknown') then return ttl end
  return redis.error_reply('NOFIELDTTL fields of a hash that expire need Redis 7.4 or Valkey 9')
end

