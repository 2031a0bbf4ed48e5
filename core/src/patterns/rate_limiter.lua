-- Decides if a call may be made under one or more limits, and counts it if all of them allow it.
--
-- KEYS     one for each limit
-- ARGV[1]  "take" or "peek", which counts nothing
-- ARGV[2]  the time in microseconds since 1970, or "" for the server's clock
-- then, for each limit: its kind, the number of calls, the window in microseconds (both divided
--          by their common divisor for GCRA), the calls at once, and the cost of this call
--
-- Returns the time, then for each limit: 1 if it allows the call, the calls that are left, and
-- the microseconds until the call would be allowed and until nothing is counted any more. Of a key
-- that holds another string, returns the position alone, and of one of another type the
-- negative position.
--
-- All numbers are integers below 2^53, which Lua's doubles hold exactly. Each state is written
-- by one SET with PX, so no state is ever without an expiry.
local BUCKETS = 20
local take, now = ARGV[1] == 'take', tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number) return string.format('%.0f', number) end

local kinds = {}

-- "f<end of the window>:<calls>". The first call begins a window.
function kinds.fixed(state, limit, window, _, cost)
  local ends, used = string.match(state, '^f(%d+):(%d+)$')
  ends, used = tonumber(ends), tonumber(used)
  if not ends or now >= ends then ends, used = now + window, 0 end
  -- A window that ends too late is of a longer limit, or the clock was set back.
  local ahead = ends - now > window
  if ahead then ends = now + window end
  local allowed = used + cost <= limit
  local wait = allowed and 0 or ends - now
  local function write(calls)
    return 'f' .. text(ends) .. ':' .. text(used + calls), ends - now
  end
  return allowed, used, wait, used > 0 and ends - now or 0, write, ahead
end

-- "s<bucket size>:<bucket>=<calls>,…", the oldest bucket first. A call counts until its bucket
-- as a whole is older than the window.
function kinds.sliding(state, limit, window, _, cost)
  local size = math.ceil(window / BUCKETS)
  local bucket = math.floor(now / size)
  local stored, list = string.match(state, '^s(%d+):([%d=,]+)$')
  local buckets, used, ahead = {}, 0, false
  if tonumber(stored) == size then
    for at, calls in string.gmatch(list, '(%d+)=(%d+),') do
      at, calls = tonumber(at), tonumber(calls)
      -- A bucket in the future: the clock was set back.
      if at > bucket then at, ahead = bucket, true end
      if at >= bucket - BUCKETS then
        local last = buckets[#buckets]
        if last and last[1] == at then last[2] = last[2] + calls else buckets[#buckets + 1] = {at, calls} end
        used = used + calls
      end
    end
  end
  local function until_dropped(at) return (at + BUCKETS + 1) * size - now end
  local allowed, wait, left = used + cost <= limit, 0, used
  for _, each in ipairs(buckets) do
    if left + cost <= limit then break end
    left, wait = left - each[2], until_dropped(each[1])
  end
  local newest = buckets[#buckets]
  local function write(calls)
    if newest and newest[1] == bucket then
      newest[2] = newest[2] + calls
    else
      buckets[#buckets + 1] = {bucket, calls}
    end
    local words = {}
    for i, each in ipairs(buckets) do words[i] = text(each[1]) .. '=' .. text(each[2]) .. ',' end
    return 's' .. text(size) .. ':' .. table.concat(words), until_dropped(bucket)
  end
  return allowed, used, wait, newest and until_dropped(newest[1]) or 0, write, ahead
end

-- "g<time>:<debt of a call>:<debt>". A call adds `window` to the debt, and each microsecond pays
-- off `limit`, so no number is a fraction.
function kinds.gcra(state, limit, window, burst, cost)
  local at, call, debt = string.match(state, '^g(%d+):(%d+):(%d+)$')
  at, call, debt = tonumber(at) or now, tonumber(call), tonumber(debt) or 0
  -- Another limit: as many calls stay counted.
  if call and call ~= window then debt = math.ceil(debt / math.max(call, 1) * window) end
  debt = math.min(debt, burst * window)
  if now > at then debt = math.max(0, debt - (now - at) * limit) end
  local excess = debt + cost * window - burst * window
  local function write(calls)
    local sum = debt + calls * window
    return 'g' .. text(now) .. ':' .. text(window) .. ':' .. text(sum), math.ceil(sum / limit)
  end
  local wait, reset = math.max(0, math.ceil(excess / limit)), math.ceil(debt / limit)
  return excess <= 0, math.ceil(debt / window), wait, reset, write, at > now
end

local states = {}
for i, key in ipairs(KEYS) do
  local state = redis.pcall('GET', key)
  if type(state) == 'table' then
    return string.find(state.err, 'WRONGTYPE', 1, true) and -i or state
  end
  if state and not string.find(state, '^[fsg]%d+:%d') then return i end
  states[i] = state or ''
end

local all, results = true, {}
for i in ipairs(KEYS) do
  local first = 3 + (i - 1) * 5
  local limit, window, burst, cost = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]),
    tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
  local allowed, used, wait, reset, write, ahead =
    kinds[ARGV[first]](states[i], limit, window, burst, cost)
  all = all and allowed
  results[i] = {allowed, burst - used, wait, reset, cost, write, ahead}
end

local reply = {now}
for i, key in ipairs(KEYS) do
  local allowed, left, wait, reset, cost, write, ahead = unpack(results[i])
  -- After the clock was set back, a refused call moves the state to the new time. Otherwise
  -- its calls would count until the old time comes again.
  local calls = all and cost or 0
  if take and (all or ahead) then
    local state, micros = write(calls)
    redis.call('SET', key, state, 'PX', text(math.max(1, math.ceil(micros / 1000))))
    left, reset = left - calls, micros
  end
  reply[#reply + 1] = allowed and 1 or 0
  reply[#reply + 1] = math.max(0, left)
  reply[#reply + 1] = wait
  reply[#reply + 1] = reset
end
return reply
