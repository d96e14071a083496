import { expect, test } from 'vitest'
import { createLog } from './log.ts'

const capture = () => {
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  const withhold = ['shippingAddress', 'address']
  return { lines, log: createLog({ service: 'order', level: 'debug', destination, withhold }) }
}

test('a line is JSON with ISO time, level by name and service', () => {
  const { lines, log } = capture()
  log.info({ sku: 'mouse' }, 'reserved')
  const line = JSON.parse(lines[0] ?? '')
  expect(line).toMatchObject({
    level: 'info',
    service: 'order',
    sku: 'mouse',
    msg: 'reserved',
  })
  expect(new Date(line.time).toISOString()).toBe(line.time)
})

test('errors keep stack and cause', () => {
  const { lines, log } = capture()
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
  const { err } = JSON.parse(lines[0] ?? '')
  expect(err.stack).toContain('log.test.ts')
  expect(err.stack).toContain('caused by: Error: inner')
})

test('credentials, and what is to be withheld, do not reach the log', () => {
  const { lines, log } = capture()
  log.info({ shippingAddress: { street: 'Secret Lane 1' } }, 'a')
  log.info({ order: { shippingAddress: { street: 'Secret Lane 1' } }, event: { data: { address: 'Secret Lane 1' } } }, 'b')
  log.info({ req: { headers: { authorization: 'Bearer Secret' } } }, 'c')
  log.error(new Error('cannot reach mongodb://shop:Secret@db:27017/shop'))
  log.error({ err: Object.assign(new TypeError('Invalid URL'), { input: 'postgres//shop:Secret@db' }) }, 'd')
  expect(lines).toHaveLength(5)
  expect(lines.join('')).not.toContain('Secret')
  expect(JSON.parse(lines[3] ?? '').msg).toBe('cannot reach mongodb://***@db:27017/shop')
})
