import { Misuse } from '@shop/command-line'
import { expect, test } from 'vitest'
import { exitCodeOf, readersOf, readPlace } from './park.ts'

test('a record is named by topic, partition and offset; anything else is refused in one line', () => {
  expect(readPlace(['shop.order', '3', '17'])).toEqual({ topic: 'shop.order', partition: 3, offset: '17' })
  const wrong = [[], ['shop.order'], ['shop.order', '3'], ['shop.order', '3', '17', '18'], ['shop.nothing', '3', '17']]
  for (const operands of [...wrong, ['shop.order', '-3', '17'], ['shop.order', '3', '1e3'], ['shop.order', '3', '017']]) {
    expect(() => readPlace(operands)).toThrow(Misuse)
    expect(() => readPlace(operands)).toThrow(/^[^\n]{10,200}$/)
  }
})

test('only services that read the topic are asked', () => {
  expect(readersOf('shop.order', ['order', 'payment', 'dashboard'])).toEqual(['payment'])
  expect(() => readersOf('shop.delivery', ['payment'])).toThrow(new Misuse('payment does not read shop.delivery'))
})

test.each([
  [['parked'], 0],
  [['would-park', 'past'], 0],
  [['past'], 1],
  [['past', 'past'], 1],
  [['waiting'], 1],
  [['parked', 'waiting'], 1],
  [['not-there'], 1],
] as const)('%j ends with %i', (outcomes, code) => {
  expect(exitCodeOf(outcomes.map((outcome) => ({ outcome })))).toBe(code)
})
