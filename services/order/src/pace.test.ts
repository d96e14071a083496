import { describe, expect, test } from 'vitest'
import { Pace } from './pace.ts'

const paced = () => {
  let time = 0
  const pace = new Pace({ durationMsMax: 1_000, now: () => time })
  return {
    pace,
    pass: (ms: number) => (time += ms),
    many: (n: number, ms: number) => Array.from({ length: n }, () => pace.confirmed(ms)),
  }
}

describe('the pace of the sagas', () => {
  test('is good as long as nothing has ended', () => expect(paced().pace.isBehind()).toBe(false))
  test('is judged by many orders, not by one', () => {
    const { pace, many } = paced()
    many(50, 100)
    pace.confirmed(5_000)
    expect(pace.isBehind()).toBe(false)
    many(20, 5_000)
    expect(pace.isBehind()).toBe(true)
  })
  test('recovers when orders end in time again', () => {
    const { pace, many } = paced()
    many(20, 5_000)
    many(50, 100)
    expect(pace.isBehind()).toBe(false)
  })
  test('says nothing once no order has ended for 5 s', () => {
    const { pace, many, pass } = paced()
    many(20, 5_000)
    pass(5_001)
    expect(pace.isBehind()).toBe(false)
    pace.confirmed(100)
    expect(pace.isBehind()).toBe(false)
  })
})
