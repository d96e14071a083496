import { numbersOf } from '@shop/broker'
import { type DeadLetters, type ListedLetter, readableOf, type Selection, textOf } from '@shop/messaging'
import { notFound, Problem, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import { type FaultRules, timedFaultRule } from './fault-rules.ts'
import type { LetterContent, LetterResult, LetterView } from './letter-view.ts'

const faultId = z.strictObject({ id: z.string().regex(/^\d{1,9}$/, 'expected the number of a fault') })

/** Switches the fault points of this process. They are gone when it ends. */
export const faultRoutes = (faults: FaultRules): Router => {
  const router = Router()
  router.get('/admin/faults', (_req, res) => void res.json({ faults: faults.list() }))
  router.post('/admin/faults', (req, res) => {
    const { forMs, ...rule } = parse(timedFaultRule, req.body, 'body')
    try {
      res.status(201).json(faults.add(rule, forMs))
    } catch (error) {
      throw error instanceof RangeError ? new Problem(409, error.message) : error
    }
  })
  router.delete('/admin/faults', (_req, res) => {
    faults.clear()
    res.status(204).end()
  })
  router.delete('/admin/faults/:id', (req, res) => {
    const { id } = parse(faultId, req.params, 'params')
    if (!faults.remove(id)) throw notFound(`fault ${id}`)
    res.status(204).end()
  })
  return router
}

/** No letter is called otherwise, and databases refuse NUL. */
const name = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .regex(/^[^\0]*$/, 'must not hold NUL')

const letterQuery = z.strictObject({
  key: name(200).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(1_000))
    .default(100),
})
const letterId = z.strictObject({ id: name(400) })
const dryRun = { dryRun: z.boolean().default(false) }
const selection = z.union(
  [
    z.strictObject({ id: name(400), ...dryRun }),
    z.strictObject({ key: name(200), ...dryRun }),
    z.strictObject({ all: z.literal(true), ...dryRun }),
  ],
  'expected one of id, key, or all: true, and perhaps dryRun',
)

const letterView = (consumer: string, { letter, type, needsAttention }: ListedLetter): LetterView => {
  const { id, record, failure } = letter
  const { topic, position, key } = record
  return {
    id,
    topic,
    ...(failure.kind === 'unsendable' ? {} : numbersOf(position)),
    key,
    ...(type === undefined ? {} : { type }),
    consumer,
    ...failure,
    needsAttention,
  }
}

const shownBytesMax = 262_144

const shown = (value: Buffer): string => {
  const text = textOf(value)
  return text === undefined ? readableOf(value, shownBytesMax) : text.slice(0, shownBytesMax)
}

/** What this service has set aside, and what can be done about it. */
export const deadLetterRoutes = (consumer: string, letters: DeadLetters): Router => {
  const router = Router()
  router.get('/admin/dead-letters', async (req, res) => {
    const query = parse(letterQuery, req.query, 'query')
    res.json({ deadLetters: (await letters.list(query)).map((l) => letterView(consumer, l)) })
  })
  router.get('/admin/dead-letters/:id', async (req, res) => {
    const { id } = parse(letterId, req.params, 'params')
    const [found] = await letters.list({ id, limit: 1 })
    if (found === undefined) throw notFound(`dead letter ${id}`)
    const { headers, value, timestampMs } = found.letter.record
    const content: LetterContent = { ...letterView(consumer, found), timestampMs, headers, value: value && shown(value) }
    res.json(content)
  })
  for (const action of ['replay', 'discard'] as const)
    router.post(`/admin/dead-letters/${action}`, async (req, res) => {
      const { dryRun, ...which } = parse(selection, req.body, 'body')
      const results: readonly LetterResult[] = await letters[action](which as Selection, { dryRun })
      if ('id' in which && results.length === 0) throw notFound(`dead letter ${which.id}`)
      res.json({ letters: results })
    })
  return router
}
