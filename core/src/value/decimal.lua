-- Numbers stay text, because Lua's are doubles and lose digits above 2^53. Stored text
-- may be of any length. So its length is checked before anything else looks at it:
-- the longest numbers that Rust or Redis write have 40 digits (integers) and 343
-- characters (floats).
local LONGEST_INTEGER, LONGEST_FLOAT = 60, 400

-- Sign and digits of an integer, without leading zeros.
local function integer(text)
  if #text > LONGEST_INTEGER then return end
  local sign, digits = string.match(text, '^([+-]?)(%d+)$')
  if not digits then return end
  digits = string.match(digits, '^0*(%d+)$')
  return sign == '-' and digits ~= '0', digits
end

local function compare_digits(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  if a == b then return 0 end
  return a < b and -1 or 1
end

local function compare(a_negative, a, b_negative, b)
  if a_negative ~= b_negative then return a_negative and -1 or 1 end
  return a_negative and compare_digits(b, a) or compare_digits(a, b)
end

-- a + b or, with a >= b, a - b (factor -1), digit by digit from the right.
local function combine(a, b, factor)
  local digits, carry = {}, 0
  for i = 0, math.max(#a, #b) - 1 do
    local x = i < #a and string.byte(a, #a - i) - 48 or 0
    local y = i < #b and string.byte(b, #b - i) - 48 or 0
    local sum = x + factor * y + carry
    carry = math.floor(sum / 10)
    digits[#digits + 1] = sum % 10
  end
  if carry > 0 then digits[#digits + 1] = carry end
  return string.match(string.reverse(table.concat(digits)), '^0*(%d+)$')
end

local function add(a_negative, a, b_negative, b)
  if a_negative == b_negative then return a_negative, combine(a, b, 1) end
  local order = compare_digits(a, b)
  if order == 0 then return false, '0' end
  if order > 0 then return a_negative, combine(a, b, -1) end
  return b_negative, combine(b, a, -1)
end

local function in_range(negative, digits, min, max)
  local min_negative, min_digits = integer(min)
  local max_negative, max_digits = integer(max)
  return compare(negative, digits, min_negative, min_digits) >= 0
    and compare(negative, digits, max_negative, max_digits) <= 0
end

-- A finite decimal number. Without other characters `tonumber` takes no hexadecimal
-- numbers, no spaces and no `inf`.
local function float(text)
  if #text > LONGEST_FLOAT or string.find(text, '[^%d%.eE+-]') then return end
  local number = tonumber(text)
  if number and number > -math.huge and number < math.huge then return number end
end

