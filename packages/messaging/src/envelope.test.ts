import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Catalogue } from './catalogue.ts'
import { decode, encode } from './envelope.ts'
import type { Message } from './message.ts'

const data = z.object({ amount: z.int(), note: z.string(), tags: z.array(z.object({ name: z.string() })).optional() })
const events = new Map([
  ['Paid', { type: 'Paid', schema: data, consumed: true, source: '/test/bank', topic: 'bank' }],
  ['Sent', { type: 'Sent', schema: data, consumed: false, source: '/test/bank', topic: 'bank' }],
])
const catalogue: Catalogue = {
  address: (type) => ({ ceType: `test.bank.${type}.v1`, source: '/test/bank', topic: 'bank' }),
  ceTypeOf: (type) => `test.bank.${type}.v1`,
  lookup: (ceType) => events.get(/^test\.bank\.(\w+)\.v1$/.exec(ceType)?.[1] ?? ''),
  isOtherVersion: (ceType) => /^test\.bank\.(Paid|Sent)\.v(?!1$)/.test(ceType),
  compensates: () => false,
  deadLetterTopic: (topic) => `${topic}.dead-letter`,
}

const paid: Message = {
  id: '01980000-0000-7000-8000-000000000001',
  type: 'Paid',
  key: '5f0c3f0e-9b53-4a52-8f3b-0d9a4c7f0a11',
  at: '2026-01-01T00:00:00.000Z',
  correlationId: '01980000-0000-7000-8000-000000000000',
  data: { amount: 42, note: 'grüße' },
}

type Encoded = Parameters<typeof decode>[0]

const source = '/test/bank'

const record = encode(paid, catalogue)
const withHeaders = (headers: Record<string, string>): Encoded => ({ ...record, headers: { ...record.headers, ...headers } })
const without = (header: string): Encoded => {
  const { [header]: _, ...headers } = record.headers
  return { ...record, headers }
}
const withValue = (value: string | Buffer | null): Encoded => ({ ...record, value })
const withData = (value: unknown): Encoded => withValue(JSON.stringify(value))

const uuids = fc.uuid({ version: [1, 4, 7, 8] })
const messages: fc.Arbitrary<Message> = fc.record(
  {
    id: uuids,
    type: fc.constant('Paid'),
    key: uuids,
    at: fc
      .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    correlationId: uuids,
    causationId: uuids,
    traceparent: fc.string(),
    data: fc.record(
      {
        amount: fc.maxSafeInteger(),
        note: fc.string({ unit: 'binary' }),
        tags: fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }) }, { noNullPrototype: true })),
      },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ['id', 'type', 'key', 'at', 'correlationId', 'data'], noNullPrototype: true },
)

describe('a message on the wire', () => {
  test('is a CloudEvent in binary mode: the envelope in the headers, the data alone in the value', () =>
    expect(encode({ ...paid, causationId: 'cause', traceparent: 'trace' }, catalogue)).toEqual({
      topic: 'bank',
      key: paid.key,
      value: '{"amount":42,"note":"grüße"}',
      headers: {
        ce_specversion: '1.0',
        ce_id: paid.id,
        ce_type: 'test.bank.Paid.v1',
        ce_source: '/test/bank',
        ce_time: paid.at,
        ce_subject: paid.key,
        ce_correlationid: paid.correlationId,
        ce_causationid: 'cause',
        traceparent: 'trace',
        'content-type': 'application/json',
      },
    }))
  test('without a cause or a trace has no such headers', () =>
    expect(Object.keys(record.headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/causation|trace/)])))

  test('comes back as it was', () =>
    fc.assert(
      fc.property(messages, (message) => {
        const { value, ...rest } = encode(message, catalogue)
        expect(decode({ ...rest, value: Buffer.from(value ?? '') }, catalogue)).toStrictEqual({
          kind: 'message',
          message: { ...message, source },
        })
      }),
      { numRuns: 500 },
    ))
  test('loses the fields that this consumer does not know, at any depth: additions within a version pass', () =>
    expect(decode(withData({ amount: 1, note: '', tags: [{ name: 'a', colour: 'red' }], currency: 'EUR' }), catalogue)).toEqual({
      kind: 'message',
      message: { ...paid, source, data: { amount: 1, note: '', tags: [{ name: 'a' }] } },
    }))
  test('is not ours when this consumer does not react to it, however broken it may be', () => {
    expect(decode(encode({ ...paid, type: 'Sent' }, catalogue), catalogue)).toEqual({ kind: 'not-ours' })
    expect(decode({ topic: 'bank', key: null, value: null, headers: { ce_type: 'test.bank.Sent.v1' } }, catalogue)).toEqual({
      kind: 'not-ours',
    })
  })
})

describe('an event of a type that this consumer does not know', () => {
  const newer = withHeaders({ ce_type: 'test.bank.Insured.v1' })
  const unknown = (headers: Record<string, string>) => decode({ ...newer, headers: { ...newer.headers, ...headers } }, catalogue)

  test('is passed over', () => expect(unknown({})).toEqual({ kind: 'unknown' }))
  test.each(['true', 'TRUE'])('is not when it says that it must be understood: %s', (ce_mustunderstand) =>
    expect(unknown({ ce_mustunderstand })).toMatchObject({
      kind: 'undecodable',
      reason: 'unknown event type test.bank.Insured.v1',
      id: paid.id,
    }),
  )
  test('is passed over when it says that it need not be understood', () =>
    expect(unknown({ ce_mustunderstand: 'false' })).toEqual({ kind: 'unknown' }))
  test.each([
    ['another version of a known one', 'test.bank.Paid.v2'],
    ['another version of one that is not for this consumer', 'test.bank.Sent.v10'],
    ['no name of an event', 'nonsense'],
    ['no version', 'test.bank.Insured'],
    ['escaped bytes', '\\x00.Insured.v1'],
  ])('is set aside when it is %s', (_what, ce_type) => expect(unknown({ ce_type })).toMatchObject({ kind: 'undecodable' }))
  test.each<[string, Partial<Encoded>]>([
    ['key', { key: '\\x00\\x07order' }],
    ['id', { headers: { ...newer.headers, ce_id: 'x' } }],
    ['correlation', { headers: { ...newer.headers, ce_correlationid: 'x' } }],
  ])('is set aside when it is no event in full order: its %s', (_what, broken) =>
    expect(decode({ ...newer, ...broken }, catalogue)).toMatchObject({ kind: 'undecodable' }),
  )
})

describe('what would be told on with every effect is bounded', () => {
  test('a trace context of a megabyte ends the trace', () => {
    const decoded = decode(withHeaders({ traceparent: 'x'.repeat(1_000_000) }), catalogue)
    expect(decoded).toEqual({ kind: 'message', message: { ...paid, source } })
  })
  test.each([
    ['ce_causationid', 'x'.repeat(1_000_000)],
    ['ce_time', `2026-01-01T00:00:00.${'0'.repeat(1_000_000)}Z`],
  ])('%s of a megabyte is undecodable', (header, text) =>
    expect(decode(withHeaders({ [header]: text }), catalogue)).toMatchObject({ kind: 'undecodable' }),
  )
})

const megabyte = 1_000_000

describe('a record that can never be handled as it is says why', () => {
  const rows: [string, Encoded, string | RegExp][] = [
    ['no headers', { ...record, headers: {} }, 'header ce_type is missing'],
    ['no type', without('ce_type'), 'header ce_type is missing'],
    ['another version', withHeaders({ ce_type: 'test.bank.Paid.v2' }), 'unknown event type test.bank.Paid.v2'],
    ['a long type', withHeaders({ ce_type: 'x'.repeat(megabyte) }), `unknown event type ${'x'.repeat(200)}`],
    ['a type of several lines', withHeaders({ ce_type: 'a\r\nb\u2028c' }), 'unknown event type a b c'],
    ['no id', without('ce_id'), 'header ce_id is missing or no UUID in lower case'],
    ['a bad id', withHeaders({ ce_id: '42' }), 'header ce_id is missing or no UUID in lower case'],
    [
      'an id in upper case',
      withHeaders({ ce_id: paid.id.replace('8', 'A') }),
      'header ce_id is missing or no UUID in lower case',
    ],
    ['no key', { ...record, key: null }, 'the key is missing or no UUID in lower case'],
    ['an empty key', { ...record, key: '' }, 'the key is missing or no UUID in lower case'],
    ['a bad key', { ...record, key: '{"$gt":""}' }, 'the key is missing or no UUID in lower case'],
    ['a key in upper case', { ...record, key: paid.key.toUpperCase() }, 'the key is missing or no UUID in lower case'],
    ['a key with more behind it', { ...record, key: `${paid.key}\n` }, 'the key is missing or no UUID in lower case'],
    ['another topic', { ...record, topic: 'post' }, 'not from its owner: test.bank.Paid.v1 belongs on bank, this is post'],
    ['no source', without('ce_source'), 'not from its owner: test.bank.Paid.v1 has the source /test/bank, this one none'],
    [
      'another source',
      withHeaders({ ce_source: '/test/post' }),
      'not from its owner: test.bank.Paid.v1 has the source /test/bank, this one "/test/post"',
    ],
    ['another subject', withHeaders({ ce_subject: 'another' }), 'header ce_subject is "another", not the key'],
    ['no time', without('ce_time'), 'header ce_time is missing or no time of ISO 8601'],
    ['a bad time', withHeaders({ ce_time: 'yesterday' }), 'header ce_time is missing or no time of ISO 8601'],
    ['no correlation', without('ce_correlationid'), 'header ce_correlationid is missing or no UUID in lower case'],
    ['no value', withValue(null), /^the value is no JSON: /],
    ['an empty value', withValue(''), /^the value is no JSON: /],
    ['bad JSON', withValue('{"amount":'), /^the value is no JSON: /],
    ['bad JSON of several lines', withValue('all\r\nis\nlost'), /^the value is no JSON: .*all is lost/],
    ['bytes', withValue(Buffer.from([0xff, 0x00, 0x7b])), /^the value is no JSON: /],
    ['another shape', withData([1]), /^data does not fit test\.bank\.Paid\.v1: data: .*expected object/],
    ['null', withData(null), /^data does not fit test\.bank\.Paid\.v1: data: .*expected object/],
    ['a missing field', withData({ amount: 1 }), /^data does not fit test\.bank\.Paid\.v1: note: .*expected string/],
    ['no whole number', withData({ amount: 1.5, note: '' }), /^data does not fit test\.bank\.Paid\.v1: amount: .*expected int/],
    ['a wrong field inside', withData({ amount: 1, note: '', tags: [{ name: 'a' }, {}] }), / tags\.1\.name: .*expected string/],
    ['1 MB that is no JSON', withValue('x'.repeat(megabyte)), /^the value is no JSON: .{0,200}$/],
    ['1 MB of another shape', withData({ amount: 'x'.repeat(megabyte), note: '' }), / amount: .*expected number/],
    [
      '1 MB nested as deep',
      withValue('['.repeat(megabyte / 2) + ']'.repeat(megabyte / 2)),
      /^(data does not fit|the value is no JSON)/,
    ],
  ]
  test.each(rows)('%s', (_name, broken, reason) => {
    const decoded = decode(broken, catalogue)
    expect(decoded).toEqual({
      kind: 'undecodable',
      reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
      ...(broken.headers.ce_id === undefined ? {} : { id: broken.headers.ce_id }),
    })
    expect(decoded.kind === 'undecodable' && decoded.reason.length).toBeLessThanOrEqual(500)
  })

  test('no subject is no flaw', () => expect(decode(without('ce_subject'), catalogue).kind).toBe('message'))

  test('a record that stands in for a batch is undecodable for its reason, whatever else it is', () =>
    expect(decode({ ...record, unreadable: 'a batch\nthat is broken' }, catalogue)).toEqual({
      kind: 'undecodable',
      reason: 'a batch that is broken',
      id: paid.id,
    }))

  test('a valid megabyte is a message', () =>
    expect(decode(withData({ amount: 1, note: 'x'.repeat(megabyte) }), catalogue).kind).toBe('message'))
})

describe('whatever stands in a record', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('\n', '\r', '\u2028', '\0', '"', '{', ']', 'ab', '\ud800') }),
  )
  const any = <T>(valid: T, ...others: fc.Arbitrary<T>[]) => fc.oneof({ arbitrary: fc.constant(valid), weight: 4 }, ...others)
  const records: fc.Arbitrary<Encoded> = fc.record({
    topic: any(record.topic, text),
    key: any<string | null>(record.key, text, fc.constant(null)),
    value: any<string | Buffer | null>(
      record.value,
      text,
      fc.json(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.record({ amount: fc.jsonValue(), note: fc.jsonValue(), tags: fc.jsonValue() }).map((v) => JSON.stringify(v)),
      fc.constant(null),
    ),
    headers: fc
      .record(
        {
          ce_type: any('test.bank.Paid.v1', text, fc.constantFrom('__proto__', 'constructor')),
          ce_id: any(paid.id, text),
          ce_source: any(source, text),
          ce_time: any(paid.at, text),
          ce_correlationid: any(paid.correlationId, text),
          ce_causationid: text,
          traceparent: text,
        },
        { requiredKeys: ['ce_type'], noNullPrototype: true },
      )
      .chain((headers) => any<Record<string, string>>(headers as Record<string, string>, fc.dictionary(text, text))),
  })

  test('decoding never throws; it gives a message that fits its schema, or one line that says why not', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(records, (anyRecord) => {
        const decoded = decode(anyRecord, catalogue)
        seen.add(decoded.kind)
        if (decoded.kind === 'message') expect(data.parse(decoded.message.data)).toEqual(decoded.message.data)
        if (decoded.kind === 'undecodable') expect(decoded.reason).toMatch(/^[^\p{Cc}\u2028\u2029]{1,500}$/u)
      }),
      { numRuns: 3_000 },
    )
    expect([...seen].sort()).toEqual(['message', 'undecodable'])
  })
})
