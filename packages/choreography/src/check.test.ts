import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { flaws } from './check.ts'
import { choreography, compensations, pivot, terminal } from './choreography.ts'
import { choreograph, event, needing, on } from './define.ts'

const rules = { pivot, compensations, terminal }

const none = z.object({})
const Asked = event('a', 'Asked', none)
const Paid = event('b', 'Paid', none)
const Unpaid = event('b', 'Unpaid', none)
const Sent = event('c', 'Sent', none)
const Refused = event('c', 'Refused', none)
const Done = event('a', 'Done', none)
const Failed = event('a', 'Failed', none)
const sound = {
  a: { topic: 'a', starts: { Ask: [Asked] }, reactions: [on(Sent, Done), on(Unpaid, Failed)] },
  b: { topic: 'b', starts: {}, reactions: [on(Asked, Paid), on(Refused, Unpaid)] },
  c: { topic: 'c', starts: {}, reactions: [on(Paid, Sent, Refused)] },
}
const soundRules = { pivot: Sent, compensations: [{ step: Paid, undoneBy: Unpaid }], terminal: [Done, Failed] }

describe('the graph of the choreography', () => {
  test('is sound', () => expect(flaws(choreography, rules)).toEqual([]))
  test('a small sound one has no flaws', () => expect(flaws(choreograph(sound), soundRules)).toEqual([]))

  test('what only follows the end may end anywhere', () => {
    const Thanked = event('d', 'Thanked', none)
    const Posted = event('d', 'Posted', none)
    const d = { topic: 'd', starts: {}, reactions: [on(Done, Thanked), on(Failed), on(Thanked, Posted)] }
    expect(flaws({ ...sound, d }, soundRules)).toEqual([])
    const early = { ...d, reactions: [...d.reactions, on(Sent, Thanked)] }
    expect(flaws({ ...sound, d: early }, soundRules)).toContain('Thanked leads to no terminal event')
    expect(flaws({ ...sound, d: { ...d, topic: 'd', reactions: [on(Asked, Thanked)] } }, soundRules)).toContain(
      'Thanked is emitted but nobody consumes it',
    )
  })

  const broken: [string, () => string[]][] = [
    [
      'c emits Paid, which b owns',
      () => flaws({ ...sound, c: { ...sound.c, reactions: [on(Paid, Sent, Refused, Paid)] } }, soundRules),
    ],
    [
      'Unpaid is emitted but nobody consumes it',
      () => flaws({ ...sound, a: { ...sound.a, reactions: [on(Sent, Done)] } }, soundRules),
    ],
    [
      'Refused is consumed but nobody emits it',
      () => flaws({ ...sound, c: { ...sound.c, reactions: [on(Paid, Sent)] } }, soundRules),
    ],
    [
      'Sent leads to no terminal event',
      () => flaws({ ...sound, a: { ...sound.a, reactions: [on(Sent), on(Unpaid, Failed)] } }, soundRules),
    ],
    ['Paid comes before the pivot Sent but names no compensation', () => flaws(sound, { ...soundRules, compensations: [] })],
    [
      'Done comes after the pivot Sent but names a compensation',
      () => flaws(sound, { ...soundRules, compensations: [...soundRules.compensations, { step: Done, undoneBy: Failed }] }),
    ],
    [
      'a declares two reactions to Sent',
      () => flaws({ ...sound, a: { ...sound.a, reactions: [...sound.a.reactions, on(Sent, Done)] } }, soundRules),
    ],
    [
      'c needs Asked for Paid but does not consume it',
      () => flaws({ ...sound, c: { ...sound.c, reactions: [needing(on(Paid, Sent, Refused), Asked)] } }, soundRules),
    ],
    [
      'c needs Asked for Paid, but that waits itself',
      () =>
        flaws(
          { ...sound, c: { ...sound.c, reactions: [needing(on(Paid, Sent, Refused), Asked), needing(on(Asked), Paid)] } },
          soundRules,
        ),
    ],
    ['c emits Sent but owns no topic', () => flaws({ ...sound, c: { starts: {}, reactions: sound.c.reactions } }, soundRules)],
  ]
  test.each(broken)('names the flaw: %s', (flaw, check) => expect(check()).toContain(flaw))
})
