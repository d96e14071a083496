import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

// Whole deciders of the delivery service, compiled as a service would be: only what the choreography declares compiles.
const folder = mkdtempSync(join(import.meta.dirname, 'types-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const reactions = {
  OrderPlaced: 'OrderPlaced: (state) => ({ state, emit: [] }),',
  OrderCancellationRequested: 'OrderCancellationRequested: (state) => ({ state, emit: [] }),',
  StockReserved: "StockReserved: (state) => ({ state, emit: [{ type: 'DeliveryScheduled', data: { carrier: 'post' } }] }),",
}

const complaintsAbout = (body: string[]): string => {
  const file = join(folder, 'delivery.ts')
  writeFileSync(
    file,
    `import type { Decider } from '../index.ts'\nexport const decider: Decider<'delivery', string> = {\n  ${body.join('\n  ')}\n}\n`,
  )
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../../../tsconfig.base.json", "files": ["delivery.ts"] }')
  try {
    const tsc = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
    execFileSync(tsc, ['-p', folder], { encoding: 'utf8', stdio: 'pipe' })
    return ''
  } catch (error) {
    return String((error as { stdout: string }).stdout)
  }
}

describe('deciders against the choreography', () => {
  test('a complete one compiles', () => expect(complaintsAbout(Object.values(reactions))).toBe(''))
  test('a missing reaction does not', () =>
    expect(complaintsAbout([reactions.OrderPlaced, reactions.StockReserved])).toMatch(/OrderCancellationRequested.*missing/))
  test('an undeclared reaction does not', () =>
    expect(complaintsAbout([...Object.values(reactions), 'PaymentCaptured: (state: string) => ({ state, emit: [] }),'])).toMatch(
      /PaymentCaptured.*does not exist/,
    ))
  test('an emission that is not declared for this event does not', () =>
    expect(
      complaintsAbout([
        reactions.OrderPlaced,
        reactions.StockReserved,
        reactions.StockReserved.replace('StockReserved', 'OrderCancellationRequested'),
      ]),
    ).toMatch(/not assignable to type/))
  test("another service's event does not", () =>
    expect(
      complaintsAbout([
        ...Object.values(reactions).slice(0, 2),
        reactions.StockReserved.replace('DeliveryScheduled', 'StockReleased'),
      ]),
    ).toMatch(/not assignable to type/))
  test('an emission without its data does not', () =>
    expect(
      complaintsAbout([...Object.values(reactions).slice(0, 2), reactions.StockReserved.replace("carrier: 'post'", '')]),
    ).toMatch(/carrier/))
}, 60_000)
