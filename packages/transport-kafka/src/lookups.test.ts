import { expect, test, vi } from 'vitest'
import { sharedLookups } from './lookups.ts'

const v4 = { address: '127.0.0.1', family: 4 }
const v6 = { address: '::1', family: 6 }
const of = (lookup: ReturnType<typeof sharedLookups>, hostname: string, all: boolean) =>
  new Promise((resolve) => lookup(hostname, { all }, (...answer) => resolve(answer)))

test('a name is asked for once at a time, others meanwhile', async () => {
  const gone = Promise.withResolvers<never>()
  const ask = vi.fn((hostname: string) => (hostname === 'gone' ? gone.promise : Promise.resolve([v4, v6])))
  const lookup = sharedLookups(ask)
  const waiting = [of(lookup, 'gone', true), of(lookup, 'gone', false)]
  expect(await of(lookup, 'there', true)).toEqual([null, [v4, v6]])
  expect(await of(lookup, 'there', false)).toEqual([null, v4.address, v4.family])
  expect(ask.mock.calls.flat()).toEqual(['gone', 'there', 'there'])

  const unknown = new Error('EAI_AGAIN')
  gone.reject(unknown)
  for (const answer of await Promise.all(waiting)) expect(answer).toEqual([unknown, ''])
  void of(lookup, 'gone', true)
  expect(ask.mock.calls.flat().at(-1)).toBe('gone')
})

test('asks the system unless told otherwise', async () => {
  expect(await of(sharedLookups(), '127.0.0.1', false)).toEqual([null, '127.0.0.1', 4])
})
