/** What the kinds of odd records are made of. */
import type { Random } from '../simulation/random.ts'

export const bytesOf = (random: Random, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (; at + 4 <= length; at += 4) bytes.writeUInt32LE(random.below(2 ** 32), at)
  for (; at < length; at++) bytes[at] = random.below(256)
  return bytes
}

/** Of many bytes, so that compressing them is worth it or not. */
export const bulkOf = (random: Random, length: number): Buffer =>
  random.chance(0.5) ? Buffer.alloc(length, bytesOf(random, 1 + random.below(64))) : bytesOf(random, length)

/** Mostly short, now and then up to `max`. */
export const lengthOf = (random: Random, max: number): number => {
  const width = random.pick([0, 1, 16, 16, 200, 200, 2_000, max])
  return random.below(Math.min(width, max) + 1)
}

/** A UUID that nobody has made before this seed did. */
export const uuidOf = (random: Random, version = 7): string => {
  const hex = bytesOf(random, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${random.pick(['8', '9', 'a', 'b'])}${hex.slice(17, 20)}-${hex.slice(20)}`
}

const texts = [
  '',
  ' ',
  'null',
  'x',
  '\0',
  'a\0b',
  '\u202Eright to left',
  'e\u0301\u0301\u0301',
  '👩‍👩‍👧‍👦',
  '\uD800',
  '__proto__',
  'constructor',
  '$where',
  'a.b.$c',
  "'; DROP TABLE payments; --",
  '<script>alert(1)</script>',
  '\n\r\t\u2028',
  '9'.repeat(400),
] as const

export const textIn = (random: Random): string =>
  random.chance(0.8) ? random.pick(texts) : random.pick(['x', 'ä', '\u{1F600}']).repeat(random.pick([301, 5_000, 100_000]))

/** As JSON has it: what no number of JavaScript is, too. */
const jsonNumbers = ['-1', '0', '-0', '1.5', '9007199254740992', '1e400', '-1e400', '1e-400', '123456789012345678901234567890']

/** JSON of any kind. */
export const jsonIn = (random: Random): string => {
  const kind = random.below(8)
  if (kind === 0) return random.pick(jsonNumbers)
  if (kind === 1) return random.pick(['true', 'false', 'null'])
  if (kind === 2) return '[]'
  if (kind === 3) return `${'['.repeat(2_000)}${']'.repeat(2_000)}`
  if (kind === 4) return `{"code":"gift","nested":{"a":[1,{"b":null}]},"__proto__":{"x":1},"toString":1}`
  if (kind === 5) return `[${Array.from({ length: 200 }, (_, i) => i).join(',')}]`
  return JSON.stringify(textIn(random))
}
