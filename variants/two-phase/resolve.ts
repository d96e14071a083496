/** `npm run resolve`: an operator's word for orders that are in doubt while the coordinator is away. */
import { command, flag, Misuse, option, path, Refused, runCommand } from '@shop/command-line'
import { ask, askJson, type ServicesAccess, servicesOf } from '@shop/tools/running-shop'
import { z } from 'zod'

const resolveCommand = command({
  name: 'resolve',
  usage: 'npm run resolve -- [<order> <commit|abort>] [options]',
  about: `Of a shop that finishes orders by two-phase commit: says which participants hold a transaction prepared and since when, and ends those of an order by hand.
Without an order it only says what is in doubt.`,
  operands: [
    ['ORDER', 'its id'],
    ['commit|abort', 'how it ends, at every participant that is in doubt about it'],
  ],
  options: {
    yes: flag('do it; without it what would be done, and what that may break, is only told'),
    'data-dir': option('DIR', 'of the shop that npm start runs; default .data', path),
  },
  notes: `A participant that said yes has given the decision away: only the coordinator's log knows it. Start the coordinator, and it ends what is in doubt by itself
within seconds. Ending it by hand frees the locks now and may contradict that log, or what another participant did before: then money is taken without goods, or goods leave without
money, and nothing mends that by itself. The coordinator notes the damage when it is back, and npm run check names the order.`,
  examples: [
    ['npm run resolve', 'what is in doubt'],
    ['npm run resolve -- 0198c2f0-6c1e-7cc0-b0a5-3f0c3a1d2e4f abort --yes', 'rolls it back wherever it is prepared'],
  ],
  exitCodes: '0 done, or nothing in doubt, 1 something was not done or is not known, 2 the request makes no sense',
})

const listed = z.object({ inDoubt: z.array(z.object({ orderId: z.string(), preparedAt: z.string() })) })
const decided = z.object({ outcome: z.enum(['commit', 'abort', 'undecided']) })
const participants = ['order', 'payment', 'inventory', 'delivery'] as const

type InDoubt = z.output<typeof listed>['inDoubt'][number] & { readonly participant: string }

const urlOf = ({ urls }: ServicesAccess, name: string): string => {
  const found = urls[name]
  if (found === undefined) throw new Refused(`${name} does not run here: is this a shop of --variant two-phase?`)
  return found
}

/** Of those who answer, and who does not. */
const inDoubtNow = async (
  shop: ServicesAccess,
): Promise<{ readonly found: readonly InDoubt[]; readonly silent: readonly string[] }> => {
  const found: InDoubt[] = []
  const silent: string[] = []
  for (const participant of participants) {
    try {
      const url = `${urlOf(shop, participant)}/admin/transactions`
      const { inDoubt } = listed.parse(await askJson(url, { token: shop.adminToken, answerMsMax: 5_000 }))
      found.push(...inDoubt.map((each) => ({ ...each, participant })))
    } catch (error) {
      console.error(`resolve: ${participant}: ${(error as Error).message}`)
      silent.push(participant)
    }
  }
  if (silent.length === participants.length) throw new Refused('no participant answers: what is in doubt is not known')
  return { found, silent }
}

/** What the coordinator's log says; `undefined` when it cannot be asked. */
const decisionOn = async (shop: ServicesAccess, orderId: string): Promise<'commit' | 'abort' | 'undecided' | undefined> => {
  try {
    const url = `${urlOf(shop, 'coordinator')}/transactions/${orderId}`
    const { status, json } = await ask(url, { token: shop.adminToken, answerMsMax: 5_000 })
    return status === 404 ? 'abort' : decided.parse(json).outcome
  } catch {
    return undefined
  }
}

/** What may be broken, in words for who is about to do it. @throws Refused when the coordinator knows better */
const riskOf = (outcome: 'commit' | 'abort', decision: Awaited<ReturnType<typeof decisionOn>>): string => {
  if (decision === 'undecided') throw new Refused('the coordinator is collecting its votes just now: wait for it')
  if (decision === outcome) return `the coordinator has decided the same; it will carry it out by itself as well`
  if (decision !== undefined) throw new Refused(`the coordinator's log says ${decision}, and it is there: it ends this by itself`)
  const other =
    outcome === 'commit' ? 'abort, or some other participant has rolled back' : 'commit, or some other participant has committed'
  const damage =
    outcome === 'commit'
      ? 'this one keeps what the others do not have: goods without money, or money without goods'
      : 'this one lacks what the others have done: a confirmed order without its money or goods'
  return `the coordinator does not answer, so its decision is not known. If it was to ${other}, ${damage}`
}

await runCommand(resolveCommand, async ({ options: { yes, 'data-dir': dataDir }, operands }) => {
  const [orderId, outcome, ...rest] = operands
  if (rest.length > 0) throw new Misuse(`${rest.join(' ')} is too much`)
  if (orderId !== undefined && outcome !== 'commit' && outcome !== 'abort')
    throw new Misuse('say commit or abort behind the order')
  const shop = servicesOf({ dataDir })
  const { found: all, silent } = await inDoubtNow(shop)
  const found = all.filter((each) => orderId === undefined || each.orderId === orderId.toLowerCase())
  for (const { participant, orderId: of, preparedAt } of found)
    console.log(`${of}  ${participant.padEnd(9)}  in doubt since ${preparedAt}: its rows are locked`)
  if (silent.length > 0) console.log(`what ${silent.join(', ')} hold is not known`)
  else if (found.length === 0)
    console.log(orderId === undefined ? 'nothing is in doubt' : `nothing of order ${orderId} is in doubt`)
  const unanswered = silent.length > 0 ? 1 : 0
  if (found.length === 0 || orderId === undefined || (outcome !== 'commit' && outcome !== 'abort')) return unanswered

  console.log(riskOf(outcome, await decisionOn(shop, orderId)))
  if (!yes) {
    console.log(`with --yes: ${outcome} at ${found.map((each) => each.participant).join(', ')}`)
    return 0
  }
  const body = { outcome: outcome === 'commit' ? 'commit' : 'rollback' }
  let failed = unanswered
  for (const { participant } of found) {
    const url = `${urlOf(shop, participant)}/admin/transactions/${orderId}/resolve`
    const { status, text } = await ask(url, { method: 'POST', body, token: shop.adminToken })
    console.log(status === 200 ? `${participant}: ${outcome} by hand` : `${participant}: not done: ${text}`)
    if (status !== 200) failed++
  }
  return failed === 0 ? 0 : 1
})
