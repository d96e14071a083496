/** What is tried on queues, what is expected of it, and why. */
import type { Described } from '../semantics/modes.ts'

const nothing = 'none' as const
const some = 'some' as const

export const queueModes = {
  'auto-ack': {
    title: 'acknowledged when sent (auto-ack)',
    expected: { lost: some, doubled: nothing, outOfOrder: nothing },
    why: 'The broker forgets a message as it writes it to the socket: what the consumer had not booked when it died is gone, however much was on its way.',
  },
  'ack-after': {
    title: 'acknowledged after handling',
    expected: { lost: nothing, doubled: some, outOfOrder: nothing },
    why: 'At least once: what was booked and not yet acknowledged goes back to the queue, and nothing remembers that it was booked.',
  },
  inbox: {
    title: 'acknowledged after handling, inbox in the same transaction',
    expected: { lost: nothing, doubled: nothing, outOfOrder: nothing },
    why: 'It comes again just as often, and its effect once: the id of what was booked stands beside the booking.',
  },
  'confirms-off': {
    title: 'published without confirms, the connection is cut',
    expected: { lost: some, doubled: nothing, outOfOrder: nothing },
    why: 'Sent means handed to the client: what was in its buffers, or on the wire, is gone, and nobody is told.',
  },
  'confirms-on': {
    title: 'published with confirms, the connection is cut',
    expected: { lost: nothing, doubled: 'any', outOfOrder: nothing },
    why: 'What was not confirmed is sent again, in its order; what was confirmed on a connection that no longer told so is there twice.',
  },
  competing: {
    title: 'two consumers compete for one queue',
    expected: { lost: nothing, doubled: nothing, outOfOrder: some },
    why: 'The queue hands out in order, to whoever has room: two messages of an account are in two hands at once, and the quicker one books first.',
  },
  'single-active': {
    title: 'two consumers, one active at a time, and that one dies',
    expected: { lost: nothing, doubled: 'any', outOfOrder: nothing },
    why: 'The other one waits until the first is gone and what it held is back, in front of the rest.',
  },
  'poison-for-ever': {
    title: 'a poison message without a delivery limit, watched for two seconds',
    expected: { lost: some, doubled: nothing, outOfOrder: nothing },
    why: 'It goes back to the front each time it is refused, and is delivered again at once: what counts as lost here is not lost, but stands behind it.',
  },
  'poison-limited': {
    title: 'the same with a delivery limit and a dead-letter exchange',
    expected: { lost: nothing, doubled: nothing, outOfOrder: nothing },
    why: 'After five deliveries the broker takes it out of the way, into a queue where somebody can look at it.',
  },
} as const satisfies Readonly<Record<string, Described>>

export type QueueMode = keyof typeof queueModes
export const queueModeNames = Object.keys(queueModes) as QueueMode[]
