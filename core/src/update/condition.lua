-- Compares stored texts with those that a condition asks for.

-- No tables: they would be made at each call of the script.
local function truth(text)
  if text == '1' or text == 'true' or text == 'True' then return 1 end
  if text == '0' or text == 'false' or text == 'False' then return 0 end
end

-- Returns -1, 0 or 1 for less, equal or greater, nil where the two cannot be compared: the
-- stored text is not one of the field's type. Texts that have no order are 0 or 1.
local function order(kind, stored, asked)
  if kind == 'int' then
    local a_negative, a = integer(stored)
    local b_negative, b = integer(asked)
    return a and b and compare(a_negative, a, b_negative, b)
  elseif kind == 'float' then
    local a, b = float(stored), float(asked)
    return a and b and (a < b and -1 or a > b and 1 or 0)
  elseif kind == 'bool' then
    local a, b = truth(stored), truth(asked)
    return a and (a == b and 0 or 1)
  end
  return stored == asked and 0 or 1
end

-- A text that cannot be compared meets no test, not even `ne`: so a condition never lets a
-- write pass on a damaged record.
local function holds(test, kind, stored, asked)
  local found = order(kind, stored, asked)
  if not found then return false end
  if test == 'eq' then return found == 0 end
  if test == 'ne' then return found ~= 0 end
  if test == 'ge' then return found >= 0 end
  if test == 'le' then return found <= 0 end
  if test == 'gt' then return found > 0 end
  return found < 0
end

