-- The usual updates of a record that is there: what `update.lua` does, without what they do
-- not need, in a third of its time. It either ends the script or writes nothing and leaves
-- the update to `update.lua`, which describes the arguments and replies.
--
-- Usual are fields without aliases, times to live and texts that are no value; and integers
-- of at most 15 digits, which doubles hold exactly.
repeat
  local key, argv, count, call = KEYS[1], ARGV, #ARGV, redis.call
  -- `unpack` cannot take thousands of arguments at once.
  if count > 4000 or argv[1] == 'delete' or argv[1] == 'keep' then break end
  local returned = argv[4]
  local presence = returned == '0' and 6 or 6 + returned
  local first, found = argv[presence], false
  local at = presence + argv[presence - 1]
  local conflicts, defaults, unusual
  local sets, sets_end, name_set, text_set, increments, name_incr, by_incr, removals
  while at <= count do
    local word, name = argv[at], argv[at + 1]
    if word == 'sets' then
      sets = at + 2
      sets_end = at + 1 + name
      at = sets_end + 1
    elseif word == 'incr' then
      local stored, by = call('HGET', key, name), argv[at + 2]
      local text = stored or defaults and defaults[name] or '0'
      if #text > 15 or #by > 15 or not (string.find(text, '^-?[1-9]%d*$') or text == '0') then
        unusual = true
        break
      end
      -- Numbers of 15 digits and their sum are within longer bounds.
      local sum, min, max = text + by, argv[at + 3], argv[at + 4]
      if #min < 18 and (sum < min + 0 or text + 0 < min + 0)
        or #max < 17 and (sum > max + 0 or text + 0 > max + 0) then
        unusual = true
        break
      end
      if stored then
        found = found or name == first
        if name_incr then
          increments = increments or {}
          increments[#increments + 1] = name
          increments[#increments + 1] = by
        else
          name_incr, by_incr = name, by
        end
      elseif name_set then
        unusual = true
        break
      else
        name_set, text_set = name, string.format('%.0f', sum)
      end
      at = at + 5
    elseif word == 'default' then
      defaults = defaults or {}
      defaults[name] = argv[at + 2]
      at = at + 3
    elseif word == 'schema' then
      -- A record of this version has the field.
      if call('HGET', key, name) ~= argv[at + 2] then
        unusual = true
        break
      end
      found = true
      at = at + 3
    elseif word == 'del' then
      removals = removals or {}
      removals[#removals + 1] = name
      at = at + 2
    elseif word == 'absent' or word == 'present' then
      local stored = call('HGET', key, name)
      if stored and name == first then found = true end
      if (stored and true or false) ~= (word == 'present') then
        conflicts = conflicts or {}
        conflicts[#conflicts + 1] = name
      end
      at = at + 2
    elseif word == 'eq' or word == 'ne' or word == 'ge' or word == 'le' or word == 'gt' or word == 'lt' then
      local kind, asked = argv[at + 2], argv[at + 3]
      local text = call('HGET', key, name)
      if text and name == first then found = true end
      text = text or defaults and defaults[name]
      -- `None` is not the value.
      local holds = not text and word == 'ne'
      if text then
        local order
        if text == asked then
          order = 0
        elseif kind == 'int' and #text <= 15 and #asked <= 15 and string.find(text, '^-?%d+$') then
          order = text - asked
        elseif kind == 'bytes'
          or kind == 'bool' and (text == '0' or text == '1') and (asked == '0' or asked == '1') then
          order = 1
        else
          unusual = true
          break
        end
        if word == 'eq' then holds = order == 0
        elseif word == 'ne' then holds = order ~= 0
        elseif word == 'ge' then holds = order >= 0
        elseif word == 'le' then holds = order <= 0
        elseif word == 'gt' then holds = order > 0
        else holds = order < 0 end
      end
      if not holds then
        conflicts = conflicts or {}
        conflicts[#conflicts + 1] = name
      end
      at = at + 4
    elseif word == 'insert' then
      -- The rest is for a record that is not there.
      break
    else
      unusual = true
      break
    end
  end
  -- Nearly every record has the first of the fields that make it one.
  if unusual or not found and call('HEXISTS', key, first) == 0 then break end
  if conflicts then
    local reply, named = {{ok = 'conflict'}}, {}
    for i = 1, #conflicts do
      local name = conflicts[i]
      if not named[name] then reply[#reply + 1] = name end
      named[name] = true
    end
    return reply
  end

  -- A user may not be permitted to run one of the commands; the first one writes nothing
  -- then. Redis older than 7.0 cannot be asked.
  local ttl = argv[2]
  local expire = ttl ~= '' and (ttl == 'persist' and 'PERSIST' or 'PEXPIRE')
  local permits = redis.acl_check_cmd
  local writes_before = sets or name_set
  if permits then
    if writes_before and name_incr and not permits('HINCRBY', key) then break end
    writes_before = writes_before or name_incr
    if writes_before and removals and not permits('HDEL', key) then break end
    writes_before = writes_before or removals
    if writes_before and expire and not permits(expire, key) then break end
    if returned ~= '0' and not permits('HMGET', key) then break end
  end
  if sets then call('HSET', key, unpack(argv, sets, sets_end)) end
  if name_set then call('HSET', key, name_set, text_set) end
  if name_incr then call('HINCRBY', key, name_incr, by_incr) end
  if increments then
    for i = 1, #increments, 2 do call('HINCRBY', key, increments[i], increments[i + 1]) end
  end
  if removals then call('HDEL', key, unpack(removals)) end
  if expire == 'PERSIST' then
    call('PERSIST', key)
  elseif expire then
    call('PEXPIRE', key, ttl)
  end
  if returned == '0' then return {ok = 'applied'} end
  return {{ok = 'applied'}, unpack(call('HMGET', key, unpack(argv, 5, 4 + returned)))}
until true

