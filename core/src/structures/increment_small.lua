-- Adds integers of at most 15 digits, which doubles hold exactly, in a third of the time that
-- `increment.lua` takes, which describes the arguments. It writes nothing if it leaves the
-- increment to that.
if ARGV[2] ~= '' and #ARGV[1] <= 15 then
  local key, by, min, max, field = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[5]
  local text
  if field then text = redis.call('HGET', key, field) else text = redis.call('GET', key) end
  if text and #text <= 15 and (string.find(text, '^-?[1-9]%d*$') or text == '0') then
    -- Numbers of 15 digits and their sum are within longer bounds.
    local sum = text + by
    local above = #min >= 18 or sum >= min + 0 and text + 0 >= min + 0
    local below = #max >= 17 or sum <= max + 0 and text + 0 <= max + 0
    local command = field and 'HINCRBY' or 'INCRBY'
    local permits = redis.acl_check_cmd
    if above and below and (not permits or permits(command, key)) then
      if field then redis.call('HINCRBY', key, field, by) else redis.call('INCRBY', key, by) end
      return {{ok = 'applied'}, string.format('%.0f', sum)}
    end
  end
end

