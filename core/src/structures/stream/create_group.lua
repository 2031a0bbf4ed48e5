-- Creates a consumer group; a stream that this creates gets a TTL.
--
-- KEYS[1]  the stream
-- ARGV[1]  milliseconds that a new stream lives
-- ARGV[2]  the group
-- ARGV[3]  the id after which the group reads, or "$" for the last one
--
-- Returns OK, or the error BUSYGROUP if there is such a group. pcall keeps the error's code,
-- which redis.call replaces before Redis 7.
local key, millis = KEYS[1], ARGV[1]
local new = redis.call('EXISTS', key) == 0
if new and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', key, millis) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end
local reply = redis.pcall('XGROUP', 'CREATE', key, ARGV[2], ARGV[3], 'MKSTREAM')
if new and not reply.err then redis.call('PEXPIRE', key, millis) end
return reply
