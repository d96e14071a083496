/** A record that its consumer cannot get past: it is seen within half a minute, and set aside by hand. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { check, eventually, isEnded, place, readOrder, request } from './shop.ts'

const { token, dataDir } = inject('admin')
const main = join(import.meta.dirname, '../../tools/dead-letters/main.ts')
const headers = { authorization: `Bearer ${token}` }

/** `npm run dead-letters -- …` */
const deadLetters = (...args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [main, ...args, '--data-dir', dataDir], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    ),
  )
const readiness = () => request<{ checks: Record<string, string> }>('payment', '/readyz')
const heal = () => request('payment', '/admin/faults', { method: 'DELETE', headers })

afterAll(heal)

test('a record that fails its consumer for ever turns /readyz to 503, and back once it was set aside', {
  timeout: 120_000,
}, async () => {
  const json = { point: 'after-receive', type: 'OrderPlaced', action: 'poison', forMs: 110_000 }
  expect((await request('payment', '/admin/faults', { json, headers })).status).toBe(201)
  const { orderId } = await place({ sku: 'sticker' })
  const unready = await eventually(readiness, ({ status }) => status === 503, 45_000)
  const reason = unready.body.checks['consumer-progress'] ?? ''
  expect(reason).toMatch(/^stands still at shop\.order\/\d+@\d+ for 3\d s: FaultInjected: .*poisoned/)
  const [, partition = '', offset = ''] = /\/(\d+)@(\d+)/.exec(reason) ?? []
  const { orderId: behind } = await place({ sku: 'sticker' })

  const dry = await deadLetters('park', 'shop.order', partition, offset)
  expect(dry).toEqual({ code: 0, output: expect.stringMatching(/payment {2}would-park.*past.*nothing was done/s) })
  expect((await readiness()).status).toBe(503)
  const parked = await deadLetters('park', 'shop.order', partition, offset, '--service', 'payment', '--yes')
  expect(parked).toEqual({ code: 0, output: expect.stringMatching(/^payment {2}parked/) })
  await eventually(readiness, ({ status }) => status === 200)
  await eventually(() => readOrder(behind), isEnded)
  expect((await readOrder(orderId)).status).toBe('PENDING')

  const past = await deadLetters('park', 'shop.order', partition, offset, '--service', 'payment', '--yes')
  expect(past).toEqual({ code: 1, output: expect.stringMatching(/^payment {2}past/) })
  expect(await deadLetters('park', 'shop.order', '0', '-1')).toEqual({ code: 2, output: expect.stringMatching(/^[^\n]+\n$/) })

  await heal()
  expect((await deadLetters('list', '--order', orderId)).output).toContain('set aside by hand')
  expect((await deadLetters('replay', '--order', orderId, '--yes')).code).toBe(0)
  await eventually(() => readOrder(orderId), isEnded)
  const { code, output } = await check('--wait', '30')
  expect(code, output).toBe(0)
})
