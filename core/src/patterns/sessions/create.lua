-- Creates a session.
--
-- ARGV[4]  the id
-- ARGV[5]  "u" and the user, or "" for a visitor
-- ARGV[6]  the data
-- ARGV[7]  the time at which the session began, or "" for now
local refused = refusal(true)
if refused then return refused end
add(KEYS[1], ARGV[4], ARGV[5], tonumber(ARGV[7]) or now, ARGV[6])
return 1
