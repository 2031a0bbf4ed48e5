-- Reads a session, which then lives for its whole time again.
--
-- ARGV[4]  the id
--
-- Returns the session, or nil if it has ended.
local refused = refusal(true)
if refused then return refused end
local found = find(KEYS[1], ARGV[4])
if not found then return false end
found.expires = write(KEYS[1], ARGV[4], found.created, found.revision)
return shown(KEYS[1], ARGV[4], found)
