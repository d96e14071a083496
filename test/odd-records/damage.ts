/** Ways to make an event odd, one at a time. */
import type { Random } from '../simulation/random.ts'
import { bulkOf, bytesOf, jsonIn, lengthOf, textIn, uuidOf } from './chance.ts'
import type { Bytes, Headers, TrueRecord } from './odd-record.ts'

/** What of a record may be replaced. */
export interface Parts {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: Headers
}

const withHeader = ({ headers, ...rest }: Parts, name: string, content: Bytes | readonly Bytes[]): Parts => ({
  ...rest,
  headers: { ...headers, [name]: content },
})

const withoutHeader = ({ headers, ...rest }: Parts, name: string): Parts => {
  const { [name]: _, ...others } = headers
  return { ...rest, headers: others }
}

const mark = 'here stands what is odd'

/** Where a value of the data can be replaced. */
const placesIn = (data: unknown): string[][] =>
  data === null || typeof data !== 'object'
    ? [[]]
    : [[], ...Object.entries(data).flatMap(([name, inner]) => placesIn(inner).map((rest) => [name, ...rest]))]

const replaced = (data: unknown, [name, ...rest]: readonly string[]): unknown => {
  if (name === undefined) return mark
  const inner = (data as Record<string, unknown>)[name]
  const copy: Record<string, unknown> | unknown[] = Array.isArray(data) ? [...data] : { ...(data as object) }
  ;(copy as Record<string, unknown>)[name] = replaced(inner, rest)
  return copy
}

/** One value of the data is JSON of another kind. */
export const damageData = (random: Random, { value, ...rest }: TrueRecord): Parts => {
  const data = JSON.parse(value) as unknown
  const text = JSON.stringify(replaced(data, random.pick(placesIn(data))))
  return { ...rest, value: text.replace(JSON.stringify(mark), () => jsonIn(random)) }
}

/** Fields that no version of the event had. */
export const addFields = (random: Random, { value, ...rest }: TrueRecord): Parts => {
  const name = random.pick([
    'reason',
    'status',
    'at',
    '__proto__',
    'constructor',
    'a.b',
    '$set',
    '',
    'carrier',
    'customer',
    'history',
  ])
  return { ...rest, value: `${value.slice(0, -1)}${value === '{}' ? '' : ','}${JSON.stringify(name)}:${jsonIn(random)}}` }
}

const noJson = (random: Random): Bytes =>
  random.pick<() => Bytes>([
    () => '',
    () => '{"half":',
    () => '\uFEFF{}',
    () => 'undefined',
    () => bytesOf(random, 1 + lengthOf(random, 1_000)),
    () => bulkOf(random, lengthOf(random, 900_000)),
    () => Buffer.concat([Buffer.from('{"customerId":"'), Buffer.from([0xff, 0xc0, 0]), Buffer.from('"}')]),
  ])()

export const damageValue = (random: Random, parts: Parts): Parts => ({ ...parts, value: noJson(random) })

const envelope = ['ce_id', 'ce_type', 'ce_time', 'ce_correlationid', 'ce_source', 'ce_subject', 'ce_specversion', 'content-type']

const timesOfEnvelope = [
  '',
  'yesterday',
  '2026-02-30T00:00:00Z',
  '275760-09-13T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '1e9',
  '9'.repeat(50_000),
]

/** One header of the envelope is gone, bytes, there twice, too long, or says what it may not. */
export const damageEnvelope = (random: Random, record: TrueRecord): Parts => {
  const name = random.pick(envelope)
  const was = record.headers[name] ?? ''
  const content = random.pick<() => Bytes | readonly Bytes[] | undefined>([
    () => undefined,
    () => '',
    () => bytesOf(random, 1 + random.below(40)),
    () => [was, was.toUpperCase()],
    () => [bytesOf(random, 3), was],
    () => was.toUpperCase(),
    () => `${was}\0`,
    () => was.repeat(2_000),
    () => (name === 'ce_time' ? random.pick(timesOfEnvelope) : textIn(random)),
  ])()
  return content === undefined ? withoutHeader(record, name) : withHeader(record, name, content)
}

const otherType = (random: Random, type: string): string =>
  random.pick([
    type.replace(/v\d+$/, `v${random.pick(['0', '2', '99', '01', '1000000', '', '-1'])}`),
    type.replace(/[^.]+(?=\.v\d+$)/, random.pick(['OrderAmended', 'PaymentEaten', 'toString', '__proto__', 'X'.repeat(3_000)])),
    type.replace('shop.', random.pick(['warehouse.', '', 'shop..', 'SHOP.'])),
    type.toUpperCase(),
    'Other.v1',
    `${type} `,
  ])

/** Another version, or a type that nobody knows yet, which may have to be understood. */
export const damageType = (random: Random, record: TrueRecord): Parts => {
  const odd = withHeader(record, 'ce_type', otherType(random, record.headers.ce_type ?? ''))
  return random.chance(0.3)
    ? withHeader(odd, 'ce_mustunderstand', random.pick(['true', 'TRUE', 'false', '1', Buffer.from([0])]))
    : odd
}

export const damageKey = (random: Random, parts: Parts): Parts => {
  const was = Buffer.from(parts.key ?? '')
  const key = random.pick<() => Bytes | null>([
    () => null,
    () => '',
    () => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), was]),
    () => Buffer.concat([was, Buffer.from([0])]),
    () => Buffer.concat([Buffer.from([0xff, 0xc0]), was]),
    () => was.toString().toUpperCase(),
    () => uuidOf(random),
    () => 'k'.repeat(1 + random.below(100_000)),
    () => bytesOf(random, 1 + random.below(64)),
    () => textIn(random),
  ])()
  return { ...parts, key }
}

/** Headers beside those of the envelope: many, long, bytes, of one name. They change no event. */
export const addHeaders = (random: Random, parts: Parts): Parts => {
  const odd = random.pick<() => Headers>([
    () => Object.fromEntries(Array.from({ length: 1_000 + random.below(4_000) }, (_, i) => [`x-${i}`, `${i}`])),
    () => ({ x: Array.from({ length: 1_000 + random.below(9_000) }, () => bytesOf(random, 2)) }),
    () => ({ x: bulkOf(random, random.below(500_000)) }),
    () => ({ '': 'nameless', 'a\0b': 'NUL', ['n'.repeat(2_000)]: 'long', '\uD800': 'half', ce_toldAgain: 'x' }),
    () => ({ traceparent: random.pick([bytesOf(random, 55), '0'.repeat(100_000), '00-zz-zz-zz', '']) }),
    () => ({ 'dead-letter-topic': 'shop.order', 'dead-letter-position': '0/0', 'dead-letter-kind': 'failed' }),
    () => ({ 'dead-letter-partition': bytesOf(random, 4), 'dead-letter-offset': '99999999999999999999' }),
  ])()
  return { ...parts, headers: { ...parts.headers, ...odd } }
}
