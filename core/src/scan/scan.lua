-- Reads one page of SCAN on the node that owns a slot.
--
-- KEYS[1]  a key of the slot; only there to route the call
-- ARGV     SCAN's arguments: the cursor, then its options
--
-- Returns the node and its process, its own view of its slots as CLUSTER NODES
-- shows it ("0-5460 7000 [93->-07c3…]"), the next cursor and the keys. One
-- script is one step, so the view holds for the moment of the page.
local page = redis.call('SCAN', unpack(ARGV))
local node, slots
for line in string.gmatch(redis.call('CLUSTER', 'NODES'), '[^\n]+') do
  if string.find(line, ' myself,', 1, true) then
    node, slots = string.match(line, '^(%x+) %S+ %S+ %S+ %S+ %S+ %S+ %S+ ?(.*)$')
    break
  end
end
-- A restarted process hashes its keys anew. Not every user may call INFO.
local info = redis.pcall('INFO', 'server')
local process = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
return {node .. '.' .. process, slots, page[1], page[2]}
