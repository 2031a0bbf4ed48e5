-- Runs a write; a key that it creates gets a TTL.
--
-- KEYS[1]  the key
-- ARGV[1]  its milliseconds to live
-- ARGV[2]  the command
-- ARGV[3]  how many options follow, then those; they stand between the key and the items
-- then     the items
--
-- Returns the command's reply. unpack cannot take thousands of arguments at once, so many
-- items are written in several calls: of commands that return a length the last reply is
-- returned, of others the sum.
local key, millis, command, options = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local PART = 4000

local new = redis.call('EXISTS', key) == 0
if new and redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', key, millis) then
  return redis.error_reply('NOPERM this user has no permissions to run PEXPIRE on the key: nothing was written')
end

local returns_length = command == 'LPUSH' or command == 'RPUSH'
-- An entry of a stream cannot be written in parts.
if command == 'XADD' and #ARGV > 3 + options + PART then
  return redis.error_reply('ERR an entry of a stream with a TTL has more than ' .. PART .. ' arguments: nothing was written')
end
local reply
for from = 4 + options, math.max(#ARGV, 4 + options), PART do
  local words = {}
  for i = 4, 3 + options do words[#words + 1] = ARGV[i] end
  for i = from, math.min(from + PART - 1, #ARGV) do words[#words + 1] = ARGV[i] end
  local part = redis.call(command, key, unpack(words))
  -- After the first part, so that no error of a later one leaves a key without a TTL.
  if new and not reply then redis.call('PEXPIRE', key, millis) end
  if reply and not returns_length then part = reply + part end
  reply = part
end
return reply
