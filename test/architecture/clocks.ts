/** Intervals are measured by `performance.now()`; the wall clock is for times that are stored or shown. */
import { isTest, type Repository } from './repository.ts'

/** Who reads the wall clock, and for what. The list becomes shorter, or longer for a time that somebody sees. */
const wallClockReaders: Readonly<Record<string, string>> = {
  'infra/embedded/data-folder.ts': 'when a data folder was made',
  'infra/embedded/door.ts': 'when a fault ends, as it is shown',
  'infra/embedded/run.ts': 'when a run began',
  'infra/proxies/link.ts': 'when a fault ends, as it is shown',
  'packages/messaging/src/memory/transport.ts': 'times of records',
  'packages/messaging/src/message.ts': 'times of events',
  'packages/messaging/src/uuid.ts': 'the time in an id',
  'packages/participant/src/answering-again.ts': 'ages of orders',
  'packages/participant/src/fault-rules.ts': 'when a fault ends, as it is shown',
  'packages/participant/src/refusals.ts': 'when a refusal ends, as it is shown',
  'packages/participant/src/tell-again.ts': 'ages of orders',
  'packages/transport-rabbitmq/src/admin.ts': 'which number the next record will have',
  'packages/transport-rabbitmq/src/position.ts': 'the time in a number',
  'packages/store-mongo/src/dead-letters.ts': 'times of letters',
  'packages/store-mongo/src/outbox.ts': 'ages of stored messages; a lease that other processes read',
  'packages/store-postgres/src/retention.ts': 'ages of stored ids',
  'services/dashboard/page/src/faults/running.tsx': 'until when a fault goes on, by the time that the service shows',
  'services/dashboard/page/src/views/flow.tsx': 'ages by times that services tell',
  'services/dashboard/page/src/views/order.tsx': 'ages of events',
  'services/dashboard/src/burst.ts': 'when a burst began and ended, as it is shown',
  'services/dashboard/src/check.ts': 'when a check began, as it is shown',
  'services/dashboard/src/feed.ts': 'times of frames',
  'services/dashboard/src/flow.ts': 'times of figures',
  'services/dashboard/src/http-read.ts': 'ages of events',
  'services/dashboard/src/monitor.ts': 'times of figures',
  'services/dashboard/src/projection.ts': 'ages of records',
  'services/dashboard/src/services-watch.ts': 'times of figures',
  'services/order/src/deadlines.ts': 'deadlines that orders carry',
  'services/order/src/main.ts': 'ages of orders',
  'tools/check/read-topics.ts': 'until when topics were read',
  'tools/faults/main.ts': 'when a fault ends, as it is shown',
  'tools/watch/main.ts': 'from when records are read',
}

const wallClock = ['Date.now', 'new Date']

export const wallClockForTimes = ({ sources }: Repository): string[] => {
  const readers = sources.filter(
    ({ path, uses }) =>
      /^(packages|services|infra|tools)\//.test(path) && !isTest(path) && wallClock.some((use) => uses.has(use)),
  )
  return [
    ...readers
      .filter(({ path }) => wallClockReaders[path] === undefined)
      .map(
        ({ path }) => `${path} reads the wall clock: measure intervals by performance.now(), or say in clocks.ts what time it is`,
      ),
    ...Object.keys(wallClockReaders)
      .filter((path) => sources.some((s) => s.path === path) && !readers.some((s) => s.path === path))
      .map((path) => `${path} reads the wall clock no more: take it from the list in clocks.ts`),
  ]
}
