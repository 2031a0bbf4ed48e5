-- Replaces the data of a session, if no other client has replaced it since it was read.
--
-- ARGV[4]  the id
-- ARGV[5]  the revision that was read
-- ARGV[6]  the data
--
-- Returns 1, 0 if another client has changed the session, or -1 if the session has ended.
local refused = refusal(true)
if refused then return refused end
local found = find(KEYS[1], ARGV[4])
if not found then return -1 end
if text(found.revision) ~= ARGV[5] then return 0 end
write(KEYS[1], ARGV[4], found.created, found.revision + 1, ARGV[6])
return 1
