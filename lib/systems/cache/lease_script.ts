/**
 * The Lua scripts of the leased cache: each is one step for Redis, so readers and writers cannot interleave.
 *
 * One hash a key: `d` data, `v` its version, `e` when it expires, `c` what its load took (ms), `t` the token of
 * the lease, `u` until when the lease holds, `f` the floor, below which no version may be stored. Times are Redis'
 * own, so that the clocks of the callers do not matter.
 *
 * @module
 */

const CLOCK = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/**
 * KEYS[1]; ARGV: token, leaseMs, headStart. Returns {what, data, version, expiresInMs}: `hit`, `refresh` (a hit
 * whose caller shall load ahead), `lease` (the caller shall load) or `wait` (somebody else does).
 */
export const READ = CLOCK + `
local d, v, e, c, u = unpack(redis.call('HMGET', KEYS[1], 'd', 'v', 'e', 'c', 'u'))
local left = e and tonumber(e) - now or 0
if d and left > 0 and left > tonumber(c) * tonumber(ARGV[3]) then return {'hit', d, v, left} end
local taken = u and tonumber(u) > now
if not taken then
  redis.call('HSET', KEYS[1], 't', ARGV[1], 'u', now + tonumber(ARGV[2]))
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
local what = taken and 'wait' or 'lease'
if d and left > 0 then what = taken and 'hit' or 'refresh' end
return {what, d or '', v or 0, left}
`;

/** KEYS[1]; ARGV: token, data, version, ttlMs, keepMs, costMs. Returns 1 when stored. */
export const FILL = CLOCK + `
local t, f = unpack(redis.call('HMGET', KEYS[1], 't', 'f'))
if t ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 't', 'u')
if f and tonumber(ARGV[3]) < tonumber(f) then return 0 end
redis.call('HSET', KEYS[1], 'd', ARGV[2], 'v', ARGV[3], 'e', now + tonumber(ARGV[4]), 'c', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
`;

/** KEYS[1]; ARGV: token. Gives the lease back, after a failed load. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 't') == ARGV[1] then redis.call('HDEL', KEYS[1], 't', 'u') end
return 1
`;

/** KEYS[1]; ARGV: version, keepMs. Expires the data, ends the lease, raises the floor. */
export const INVALIDATE = `
local f = redis.call('HGET', KEYS[1], 'f')
if not f or tonumber(f) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'f', ARGV[1]) end
redis.call('HDEL', KEYS[1], 't', 'u', 'd', 'v', 'e', 'c')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;
