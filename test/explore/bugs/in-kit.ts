/** An inbox, dead letters and a relay that break what the kit promises. Named as those of `npm run simulate`, where it plants the same. */
import { compensations } from '@shop/choreography'
import { type Cell, type Message, setAsideEach } from '../kit.ts'
import { type Bug, inKit } from './bug.ts'

const undoing = new Set<string>(compensations.map((c) => c.undoneBy.name))

const publish = (cell: Cell, message: Message | undefined): readonly Cell[] =>
  message === undefined ? [] : [{ ...cell, outbox: cell.outbox.filter((m) => m !== message), topic: [...cell.topic, message] }]

export const bugsInKit: readonly Bug[] = [
  {
    name: 'dedupe-off',
    does: 'handles again what it has handled',
    plant: inKit(() => ({ isHandled: () => false })),
  },
  {
    name: 'handled-before-effect',
    does: 'commits the handled ids before the effects',
    plant: inKit(() => ({ torn: (before, { handled }) => [{ ...before, handled }] })),
  },
  {
    name: 'state-without-outbox',
    does: 'commits the state before what is told of it',
    plant: inKit(() => ({
      torn: (before, after) => (after.outbox === before.outbox ? [] : [{ ...after, outbox: before.outbox }]),
    })),
  },
  {
    name: 'outbox-without-state',
    does: 'commits what is told before the state',
    plant: inKit(() => ({
      torn: (before, { outbox, stored }) => (outbox === before.outbox ? [] : [{ ...before, outbox, stored }]),
    })),
  },
  {
    name: 'offset-before-commit',
    does: 'is done with a record as soon as it has received it',
    plant: inKit(() => ({ mayLose: true })),
  },
  {
    name: 'not-held',
    does: 'goes on with an order whose earlier event was set aside',
    plant: inKit(() => ({ isHeld: () => false })),
  },
  {
    name: 'failed-vanishes',
    does: 'lets go of an event that keeps failing, without a trace',
    plant: inKit(() => ({ setAside: (cell) => cell })),
  },
  {
    name: 'replay-newest-first',
    does: 'replays the dead letters of an order from the newest',
    plant: inKit(() => ({ nextLetter: (letters) => letters.length - 1 })),
  },
  {
    name: 'replay-renames',
    does: 'replays a dead letter under a new event id',
    plant: inKit(() => ({ replayed: ({ message }) => ({ ...message, id: `${message.id}/again` }) })),
  },
  {
    name: 'replay-past-inbox',
    does: 'replays a dead letter without asking whether it was handled',
    plant: inKit(() => ({ setAside: setAsideEach, isDropped: () => false })),
  },
  {
    name: 'compensation-discarded',
    does: 'lets an operator discard a dead letter that undoes a step',
    plant: inKit(() => ({ mayDiscard: ({ message }) => undoing.has(message.type) })),
  },
  {
    name: 'forget-before-publish',
    does: 'forgets stored events before the broker has them',
    plant: inKit(({ relayed }) => ({
      relayed: (cell) => [...relayed(cell), ...(cell.outbox.length > 0 ? [{ ...cell, outbox: cell.outbox.slice(1) }] : [])],
    })),
  },
  {
    name: 'relay-out-of-order',
    does: 'relays the newest stored events first',
    plant: inKit(() => ({ relayed: (cell) => publish(cell, cell.outbox.at(-1)) })),
  },
  {
    name: 'relay-forgets-all',
    does: 'forgets everything that is stored after publishing a part of it',
    plant: inKit(({ relayed }) => ({ relayed: (cell) => relayed(cell).map((after) => ({ ...after, outbox: [] })) })),
  },
  {
    name: 'relay-renames',
    does: 'gives an event a new id each time it is published',
    plant: inKit(() => ({ republished: (message) => ({ ...message, id: `${message.id}/again` }) })),
  },
]
