/** What a two-phase commit owes beside the shop's own invariants. */
import type { Invariant } from '../invariant.ts'

export const nothingInDoubt: Invariant = {
  id: 'nothing-in-doubt',
  title: 'No participant holds a transaction prepared: nothing is locked for an order whose end is not known',
  onlyIn: 'two-phase',
  begin: (_shop, found) => {
    const figures = { inDoubt: 0 }
    return {
      order: ({ orderId, preparedAt = [] }) => {
        figures.inDoubt += preparedAt.length
        if (preparedAt.length > 0) found(`is in doubt at ${preparedAt.join(', ')}`, orderId)
      },
      figures: () => figures,
    }
  },
}

export const decisionsCarriedOut: Invariant = {
  id: 'decisions-carried-out',
  title: 'Exactly the CONFIRMED orders were decided to be committed, and everybody did as was decided, none by hand otherwise',
  onlyIn: 'two-phase',
  begin: (_shop, found) => {
    const figures = { commits: 0, aborts: 0, damaged: 0 }
    return {
      order: ({ orderId, order, decision }) => {
        if (decision?.outcome === 'commit') figures.commits++
        if (decision?.outcome === 'abort') figures.aborts++
        if (decision !== undefined && decision.damaged.length > 0) {
          figures.damaged++
          found(`${decision.damaged.join(', ')} did otherwise than the ${decision.outcome} that was decided`, orderId)
        }
        const isCommitted = decision?.outcome === 'commit'
        if (isCommitted && !decision.isCarriedOut) found('its commit is not carried out everywhere', orderId)
        if ((order?.status === 'CONFIRMED') !== isCommitted)
          found(
            `is ${order?.status ?? 'no order'}, but the decision is ${decision?.outcome ?? 'none, which is an abort'}`,
            orderId,
          )
      },
      figures: () => figures,
    }
  },
}
