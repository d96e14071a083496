/** A message that cannot be handled, in the middle of many that can; and a compensation that fails. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { cancel, check, eventually, isEnded, type OrderView, place, readOrder, request, type ServiceName, steps } from './shop.ts'

const { token, dataDir } = inject('admin')
const main = join(import.meta.dirname, '../../tools/dead-letters/main.ts')

const headers = { authorization: `Bearer ${token}` }

interface Fault {
  readonly id: string
  readonly victim?: string
}

const poison = async (service: ServiceName, type: string, nth = 1): Promise<void> => {
  const json = { point: 'before-commit', type, action: 'poison', nth, forMs: 120_000 }
  const answer = await request(service, '/admin/faults', { json, headers })
  expect(answer.status).toBe(201)
}
const victimIn = async (service: ServiceName): Promise<string | undefined> =>
  (await request<{ faults: Fault[] }>(service, '/admin/faults', { headers })).body.faults.find((f) => f.victim)?.victim
const heal = async (service: ServiceName): Promise<void> =>
  void (await request(service, '/admin/faults', { method: 'DELETE', headers }))

interface Letter {
  readonly id: string
  readonly key: string
  readonly type: string
  readonly kind: string
  readonly needsAttention: boolean
}

/** `npm run dead-letters -- …` */
const deadLetters = (...args: string[]): Promise<{ code: number; output: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [main, ...args, '--data-dir', dataDir], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    ),
  )
const listed = async (...args: string[]): Promise<readonly Letter[]> =>
  (JSON.parse((await deadLetters('list', '--json', ...args)).output) as { deadLetters: Letter[] }).deadLetters

const letterOf = (orderId: string, service: ServiceName) =>
  eventually(
    () => listed('--order', orderId, '--service', service),
    (letters) => letters.length > 0,
  )

afterEach(async () => {
  for (const service of ['payment', 'inventory', 'delivery'] as const) await heal(service)
})

describe('a poisoned event', () => {
  test('in the middle of 1,000 orders delays only its own; replayed once the cause is gone, that one ends, once', async () => {
    await poison('inventory', 'PaymentCaptured', 3) // chunks, of many events each
    const ids = await Promise.all(Array.from({ length: 1_000 }, async () => (await place({ sku: 'sticker' })).orderId))
    const victim = (await eventually(
      () => victimIn('inventory'),
      (id) => id !== undefined,
    )) as string
    const others = ids.filter((id) => id !== victim)
    expect(others).toHaveLength(999)
    const lastOfOthers = Math.max(...(await Promise.all(others.map(endedWithin))).map(tookMs))
    console.log(`999 orders around a poisoned one ended within ${lastOfOthers} ms each`)

    const [letter] = await letterOf(victim, 'inventory')
    expect(letter).toMatchObject({ key: victim, type: 'PaymentCaptured', kind: 'failed', needsAttention: false })
    expect((await readOrder(victim)).status).toBe('PENDING')
    const shown = await deadLetters('show', `inventory:${letter?.id}`)
    expect(shown.output).toContain('is poisoned')

    const early = await deadLetters('replay', '--order', victim, '--yes')
    expect(early).toMatchObject({ code: 1, output: expect.stringContaining('failed') })
    await heal('inventory')
    const dry = await deadLetters('replay', '--order', victim)
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('nothing was done') })
    expect(await listed('--order', victim)).toHaveLength(1)
    const replayed = await deadLetters('replay', '--order', victim, '--yes')
    expect(replayed).toMatchObject({ code: 0, output: expect.stringContaining('handled') })

    const order = await endedWithin(victim)
    expect(steps(order)).toEqual(['OrderPlaced', 'PaymentCaptured', 'StockReserved', 'DeliveryScheduled', 'OrderConfirmed'])
    expect(await listed('--order', victim)).toEqual([])
    const { code, output } = await check('--wait', '30')
    expect(code, output).toBe(0)
  }, 180_000)

  test('holds back what comes after it for the same order', async () => {
    await poison('delivery', 'OrderPlaced')
    const { orderId } = await place()
    await letterOf(orderId, 'delivery')
    await cancel(orderId)
    const letters = await eventually(
      () => listed('--order', orderId, '--service', 'delivery'),
      (all) => all.some((l) => l.type === 'OrderCancellationRequested') && all.some((l) => l.type === 'StockReserved'),
    )
    expect(letters.map((l) => l.kind)).toEqual(['failed', 'held', 'held'])
    const behind = await deadLetters('replay', `delivery:${letters[1]?.id}`, '--yes')
    expect(behind).toMatchObject({ code: 1, output: expect.stringContaining('has to go first') })
    await heal('delivery')
    expect((await deadLetters('replay', '--order', orderId, '--yes')).code).toBe(0)
    expect((await endedWithin(orderId)).status).toMatch(/CONFIRMED|CANCELLED/)
  })
})

describe('a compensation that fails', () => {
  test('is never dropped: it is shown, cannot be discarded, and is tried again by itself', async () => {
    await poison('payment', 'StockRejected')
    const { orderId } = await place({ sku: 'unicorn' })
    const [letter] = await letterOf(orderId, 'payment')
    expect(letter).toMatchObject({ type: 'StockRejected', needsAttention: true })
    expect((await deadLetters('list')).output).toContain('NEEDS ATTENTION')
    const discarded = await deadLetters('discard', `payment:${letter?.id}`, '--yes')
    expect(discarded).toMatchObject({ code: 1, output: expect.stringContaining('refused') })
    await heal('payment')
    const order = await endedWithin(orderId)
    expect(order).toMatchObject({ status: 'CANCELLED', reason: 'out_of_stock' })
    expect(await listed('--order', orderId)).toEqual([])
  })
})

describe('the admin routes', () => {
  test('are for who has the token', async () => {
    for (const authorization of ['', 'Bearer wrong-token', token]) {
      const answer = await request('payment', '/admin/dead-letters', { headers: { authorization } })
      expect(answer.status).toBe(401)
    }
  })
  test.each([
    [['replay'], /replay what\?/],
    [['replay', 'x', '--all'], /replay what\?/],
    [['show', 'nowhere:a/0/1'], /is no letter/],
    [['lst'], /is no command/],
    [['list', '--service', 'billing'], /is no service that runs/],
  ])('%j makes no sense and says why', async (args, why) => {
    expect(await deadLetters(...args)).toMatchObject({ code: 2, output: expect.stringMatching(why) })
  })
})

const endedWithin = (orderId: string): Promise<OrderView> => eventually(() => readOrder(orderId), isEnded, 60_000)
const tookMs = ({ placedAt, history }: OrderView): number => Date.parse(history.at(-1)?.at ?? '') - Date.parse(placedAt)
