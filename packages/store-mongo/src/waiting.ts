import { type Arrivals, noArrivals } from '@shop/messaging/driver'
import type { MessageDocument } from './document.ts'
import { toEntry, toMessage } from './outbox.ts'

type Kept = Pick<MessageDocument<unknown>, 'arrived' | 'waiting'>

/** What a document keeps of its key; it is written with the state, guarded by the version, so that of two at once one decides again. */
export const arrivalsIn = (document: (Kept & { readonly _id: string }) | undefined): Arrivals =>
  document?.arrived === undefined && document?.waiting === undefined
    ? noArrivals
    : {
        arrived: document.arrived ?? [],
        waiting: (document.waiting ?? []).map((e) => toMessage(e, document._id)),
      }

/** The fields of a document; what is empty is absent. */
export const keptAs = ({ arrived, waiting }: Arrivals): Kept => ({
  ...(arrived.length === 0 ? {} : { arrived }),
  ...(waiting.length === 0 ? {} : { waiting: waiting.map(toEntry) }),
})

/** The same fields as they were. */
export const keptIn = ({ arrived, waiting }: Kept): Kept => ({
  ...(arrived === undefined ? {} : { arrived }),
  ...(waiting === undefined ? {} : { waiting }),
})

/** Reads a state that an earlier release has written: the state as it is now, and what was kept in it of messages that wait. */
export type Upgrade<State> = (state: State) => Arrivals & { readonly state: State }

/** A document in which no arrivals are noted may be of an earlier release. */
export const upgraded = <State>(document: MessageDocument<State>, upgrade: Upgrade<State>): MessageDocument<State> => {
  if (document.state === null || document.arrived !== undefined) return document
  const { state, arrived, waiting } = upgrade(document.state)
  const kept = keptAs({ arrived, waiting: [...arrivalsIn(document).waiting, ...waiting] })
  return { ...document, state, ...kept }
}
