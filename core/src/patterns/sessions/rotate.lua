-- Replaces a session by one with another token, if no other client has changed it since it was
-- read.
--
-- KEYS[2]  the hash of the new owner, which may be the same
-- ARGV[4]  the id
-- ARGV[5]  the revision that was read
-- ARGV[6]  the new id
-- ARGV[7]  "u" and the user, or "" for a visitor
-- ARGV[8]  the data
-- ARGV[9]  "keep" to keep the time at which the session began, or "begin"
--
-- Returns 1, 0 if another client has changed the session, or -1 if the session has ended.
local refused = refusal(true)
if refused then return refused end
local found = find(KEYS[1], ARGV[4])
if not found then return -1 end
if text(found.revision) ~= ARGV[5] then return 0 end
remove(KEYS[1], ARGV[4])
add(KEYS[2], ARGV[6], ARGV[7], ARGV[9] == 'keep' and found.created or now, ARGV[8])
return 1
