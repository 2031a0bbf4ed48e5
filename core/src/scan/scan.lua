-- One page of SCAN on the node that has a slot, and which node that is.
--
-- KEYS[1]  a key of the slot; only there to find the node
-- ARGV     what SCAN takes: the cursor, then its options
local page = redis.call('SCAN', unpack(ARGV))
return {redis.call('CLUSTER', 'MYID'), page[1], page[2]}
