import { join } from 'node:path'
import { allEvents } from '@shop/choreography'
import { Misuse, readCommand } from '@shop/command-line'
import { participants } from '@shop/manifest'
import { describe, expect, test } from 'vitest'
import { coloursApartFrom, hueOf } from './colours.ts'
import { exampleOf } from './examples.ts'
import { editedFiles, madeFiles } from './files.ts'
import { newServiceCommand, readRequest } from './request.ts'

const root = join(import.meta.dirname, '../..')

const ask = (line: string) => {
  const given = readCommand(newServiceCommand, line.split(' '))
  if (given === undefined) throw new Error('it asked for help')
  return readRequest(given)
}

test('a service is asked for with its reactions, and with what each may emit', () => {
  const service = ask(
    'gift-cards --database mongo --reacts OrderPlaced:,OrderConfirmed:Given+Sent,OrderCancelled --emits Revoked',
  )
  expect(service).toEqual({
    name: 'gift-cards',
    database: 'mongo',
    port: Math.max(...participants.map((s) => s.port)) + 1,
    reactions: [
      { on: 'OrderPlaced', emits: [] },
      { on: 'OrderConfirmed', emits: ['Given', 'Sent'] },
      { on: 'OrderCancelled', emits: ['Revoked'] },
    ],
    emits: ['Given', 'Sent', 'Revoked'],
  })
})

test.each([
  ['Gift --database mongo --reacts OrderPlaced', 'Gift is no name for a service'],
  ['gift_cards --database mongo --reacts OrderPlaced', 'gift_cards is no name for a service'],
  ['gift cards --database mongo --reacts OrderPlaced', 'one name is expected, not also cards'],
  ['payment --database mongo --reacts OrderPlaced', 'the name payment is taken'],
  ['kafka --database mongo --reacts OrderPlaced', 'the name kafka is taken'],
  ['messaging --database mongo --reacts OrderPlaced', 'the name messaging is taken'],
  ['gift --reacts OrderPlaced', '--database is missing'],
  ['gift --database oracle --reacts OrderPlaced', "there is no database 'oracle'"],
  ['gift --database mongo', '--reacts is missing'],
  ['gift --database mongo --reacts OrderLost', 'there is no event OrderLost, only OrderPlaced,'],
  ['gift --database mongo --reacts OrderPlaced,OrderPlaced', 'gift declares two reactions to OrderPlaced'],
  ['gift --database mongo --reacts OrderConfirmed:OrderPlaced', 'OrderPlaced is an event of order already'],
  ['gift --database mongo --reacts OrderConfirmed:thanked', 'thanked is no name for an event'],
  ['gift --database mongo --reacts PaymentCaptured:Thanked', 'Thanked is emitted but nobody consumes it'],
])('%s: refused in one line', (line, why) => {
  expect(() => ask(line)).toThrow(Misuse)
  expect(() => ask(line)).toThrow(why)
  expect(() => ask(line)).not.toThrow(/\n/)
})

describe.each(['postgres', 'mongo'])('a service on %s', (database) => {
  const service = ask(`gift-cards --database ${database} --reacts OrderPlaced,OrderConfirmed:Given`)
  test('has its files, with nothing left to be filled in', () => {
    const files = madeFiles(root, service)
    expect([...files.keys()]).toContain(join('services', service.name, 'src', `${service.name}.test.ts`))
    for (const text of files.values()) expect(text).not.toContain('{{')
    expect(files.get('services/gift-cards/package.json')).toContain(`"@shop/store-${database}"`)
  })
  test('finds its place in the files that there are', () => {
    const files = editedFiles(root, service)
    expect(files.get('packages/choreography/src/choreography.ts')).toContain("'gift-cards': {")
    expect(files.get('packages/manifest/src/services.ts')).toContain(`database: '${database}',`)
    const lock = JSON.parse(files.get('package-lock.json') ?? '') as { packages: Record<string, { name?: string }> }
    expect(lock.packages['services/gift-cards']?.name).toBe('@shop/gift-cards')
  })
})

test('there is an example of every event', () => {
  for (const { name, schema } of allEvents) expect(() => exampleOf(schema), name).not.toThrow()
})

test('one service after the other has a colour apart from all others, and from what is undone', () => {
  const lanes = participants.map((s) => s.lane)
  for (let i = 0; i < 5; i++) lanes.push(coloursApartFrom(lanes))
  const hues = lanes.flatMap((lane) => hueOf(lane.light.ink) ?? []).toSorted((a, b) => a - b)
  expect(hues.length).toBeGreaterThanOrEqual(9)
  hues.slice(1).forEach((hue, i) => {
    expect(hue - (hues[i] ?? 0)).toBeGreaterThan(10)
  })
})
