import { expect, test } from 'vitest'
import { durationText, readDuration } from './duration.ts'
import { Misuse } from './refusals.ts'

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1_500],
  ['2m', 120_000],
  ['1h', 3_600_000],
])('%s', (text, ms) => {
  expect(readDuration(text, '--for', { msMax: 3_600_000 })).toBe(ms)
})

test('a number alone has the unit that is said, or none', () => {
  expect(readDuration('30', '--wait', { msMax: 60_000, bare: 's' })).toBe(30_000)
  expect(readDuration('0', '--wait', { msMax: 60_000, msMin: 0, bare: 's' })).toBe(0)
  expect(() => readDuration('30', '--for', { msMax: 60_000 })).toThrow(Misuse)
})

test.each(['soon', '', '10', '-1s', '0s', '61m', '1d', '1s2', '9999999999s'])('%j is no time', (text) => {
  expect(() => readDuration(text, '--for', { msMax: 3_600_000 })).toThrow(
    new Misuse(`--for must be a time such as 500ms, 10s or 2m, at most 60m: not '${text}'`),
  )
})

test('the longest one is said as people say it', () => {
  expect(() => readDuration('2h', '--for', { msMax: 1_500 })).toThrow('at most 1500ms')
  expect(() => readDuration('48h', '--for', { msMax: 86_400_000 })).toThrow('at most 24h')
})

test.each([
  [1_500, '1.5 s'],
  [60_000, '60 s'],
  [120_000, '2 min'],
  [121_000, '121 s'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})
