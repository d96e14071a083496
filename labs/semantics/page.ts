/** PURE: the runs as docs/delivery-semantics.md. */
import type { Row } from './row.ts'
import { tableOf } from './table.ts'

export interface Run {
  readonly seed: number
  readonly rows: readonly Row[]
}

export interface Setting {
  /** As it was typed. */
  readonly command: string
  readonly payments: number
  readonly kills: number
}

interface Part {
  readonly title: string
  readonly about: (setting: Setting) => string
  readonly holds: (mode: string) => boolean
}

const isOfProducer = (mode: string) => mode.startsWith('producer-')
const isOfAcks = (mode: string) => mode.startsWith('acks-')

const parts: readonly Part[] = [
  {
    title: 'A consumer is killed',
    about: ({ kills }) =>
      `The consumer is a process of its own that books payments: a row each, with nothing that keeps a second one of the same payment out. It
stops at its n-th booking, before it or after it, and is killed there (SIGKILL); another one takes over. ${kills} die so in each line, the
first before an effect and the second after one. Three partitions, chunks of 20 records where a mode acknowledges after several.`,
    holds: (mode) => !isOfProducer(mode) && !isOfAcks(mode),
  },
  {
    title: "A producer's connection is cut",
    about: ({ kills }) =>
      `Batches of ten payments go through a proxy that cuts the connection ${kills} times: as an answer comes, so that the broker has the batch and
the producer does not know, or as a request goes. What is on the topic afterwards is counted.`,
    holds: isOfProducer,
  },
  {
    title: 'The leader is killed',
    about: () =>
      `Three brokers, one partition on all of them, min.insync.replicas=2. The followers are paused (SIGSTOP) for 0.6 to 2 s, the leader is killed, the
followers go on and one of them leads. Without the pause they are behind for a millisecond or so: the same loss, seen by luck alone. Lost is
what the producer was told is sent. The time without a leader counts in the rates.`,
    holds: isOfAcks,
  },
]

/** The parts of the table that have rows. */
export const partsOf = (setting: Setting, rows: readonly Row[]) =>
  parts
    .map(({ title, about, holds }) => ({ title, about: about(setting), rows: rows.filter(({ mode }) => holds(mode)) }))
    .filter((part) => part.rows.length > 0)

const signsHold = (rows: readonly Row[]): boolean => rows.every(({ deviations }) => deviations.length === 0)

/** How the runs were made. */
export const writtenBy = ({ command, payments }: Setting, [shown, ...others]: readonly (Run | undefined)[]): string => {
  const rest = others.flatMap((run) =>
    run === undefined ? [] : `${run.seed} (${signsHold(run.rows) ? 'the same signs' : 'OTHER SIGNS'})`,
  )
  const repeated = rest.length === 0 ? '' : `; repeated with the seeds ${rest.join(', ')}`
  return `Written by \`${command}\`, on Kafka and PostgreSQL that were started for it. ${payments} payments in each line, seed ${shown?.seed}${repeated}.`
}

/** @param runs the first one is shown, of the others whether their signs are the same */
export const pageOf = (setting: Setting, [shown, ...others]: readonly Run[]): string => {
  const rows = shown?.rows ?? []
  const sections = partsOf(setting, rows).flatMap((part) => [
    `## ${part.title}`,
    part.about,
    tableOf(part.rows),
    part.rows.map(({ title, why }) => `- **${title}**: ${why}`).join('\n'),
  ])
  return `${[
    '# Delivery semantics, counted',
    `${writtenBy(setting, [shown, ...others])}
Behind a count stands the sign that it must have; the command fails when one has another. The counts themselves differ from run to run where
time plays a part.`,
    `*Handled*: payments that had an effect. *Lost*: sent, and without any. *Doubled*: effects beyond the first one of a payment. *Out of order*:
payments whose first effect came after that of a later payment of the same account. *Per second*: effects while a consumer worked, one by
one on a small machine that does other things as well; for comparison within the table only.`,
    ...sections,
  ].join('\n\n')}\n`
}
