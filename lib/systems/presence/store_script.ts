/**
 * The reducer as a Lua script, so that Redis compares and writes a statement in one atomic step.
 *
 * A user is one hash: field `s` is the settled state `state|sinceMs|version|asOfMs`, and a field
 * like `i:phone` a statement `state|sessionId|seq|atMs|expiresMs` of one source about one device.
 * With no event (`ARGV[1]` empty) the script only settles what ended meanwhile. It answers
 * {ignored} or {accepted} or {accepted, state, sinceMs, version}.
 *
 * It says the same as `reducer.ts`; a test runs both on the same random histories.
 *
 * KEYS: the user's hash, the shard's expiry set. ARGV: field, state, sessionId, seq, atMs,
 * expiresMs (or empty), nowMs, retentionMs, userId.
 *
 * @module
 */
export const APPLY_SCRIPT = `
local field, state, session, seq, at, expires, now, retention, user = unpack(ARGV)
now = tonumber(now)

local function parse(text)
  local state, session, seq, at, expires = string.match(text, '(.)|(%d+)|(%d+)|(%d+)|(%d*)')
  return { state = state, session = tonumber(session), seq = tonumber(seq), at = tonumber(at),
    expires = tonumber(expires) or math.huge }
end

local settled = { state = 'f', since = '0', version = 0, asof = 0 }
local devices, order = {}, {}
local hash = redis.call('HGETALL', KEYS[1])
local function remember(name, statement)
  local source, device = string.sub(name, 1, 1), string.sub(name, 3)
  if not devices[device] then
    devices[device] = {}
    order[#order + 1] = device
  end
  devices[device][source] = statement
end
for i = 1, #hash, 2 do
  if hash[i] == 's' then
    local s, since, version, asof = string.match(hash[i + 1], '(.)|(%d+)|(%d+)|(%d+)')
    settled = { state = s, since = since, version = tonumber(version), asof = tonumber(asof) }
  else
    remember(hash[i], parse(hash[i + 1]))
  end
end

if field ~= '' then
  local old = devices[string.sub(field, 3)]
  old = old and old[string.sub(field, 1, 1)]
  local s, q = tonumber(session), tonumber(seq)
  if old and (s < old.session or (s == old.session and q <= old.seq)) then return { 0 } end
  local text = table.concat({ state, session, seq, at, expires }, '|')
  redis.call('HSET', KEYS[1], field, text)
  remember(field, parse(text))
elseif #hash == 0 then
  redis.call('ZREM', KEYS[2], user)
  return { 0 }
end

if now > settled.asof then settled.asof = now end
now = settled.asof
local function lasts(s) return s and s.state ~= 'n' and s.expires > now end

local newest, found, any = -1, {}, false
for _, device in ipairs(order) do
  local manual = devices[device].m
  if lasts(manual) and manual.at >= newest then
    if manual.at > newest then found = {} end
    newest, any = manual.at, true
    found[manual.state] = true
  end
end
if not any then
  for _, device in ipairs(order) do
    local app, inferred = devices[device].a, devices[device].i
    local latest = math.max(app and app.session or 0, inferred and inferred.session or 0)
    local function current(s) return lasts(s) and s.session == latest and s.state end
    local beats = current(inferred) or 'f'
    found[beats == 'f' and 'f' or current(app) or beats] = true
  end
end
local best = found.d and 'd' or found.o and 'o' or found.a and 'a' or 'f'

local answer = { 1 }
if best ~= settled.state then
  settled.state = best
  settled.since = string.format('%.0f', now)
  settled.version = math.max(settled.version + 1, now)
  answer = { 1, best, settled.since, string.format('%.0f', settled.version) }
end
redis.call('HSET', KEYS[1], 's', string.format('%s|%s|%.0f|%.0f', settled.state, settled.since,
  settled.version, settled.asof))

local wake = math.huge
for _, device in ipairs(order) do
  for _, statement in pairs(devices[device]) do
    if statement.expires > now and statement.expires < wake then wake = statement.expires end
  end
end
if wake < math.huge then
  retention = retention + wake - now
  redis.call('ZADD', KEYS[2], string.format('%.0f', wake), user)
else
  redis.call('ZREM', KEYS[2], user)
end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', retention))
return answer
`;
