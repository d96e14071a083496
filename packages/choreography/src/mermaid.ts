import { choreography, compensations, pivot, terminal } from './choreography.ts'
import {
  allEvents,
  consumedBy,
  deadLetterTopic,
  ownTopic,
  reactionsOf,
  serviceNames,
  subscriptionsOf,
  topicOf,
} from './derive.ts'

/** The choreography as a Mermaid flowchart: events are boxes in their owner's colour, an arrow is a reaction, labelled with who reacts. */
export const mermaid = (): string => {
  const out = ['flowchart LR']
  for (const e of allEvents) {
    const shape = (terminal as readonly unknown[]).includes(e) ? `([${e.name}])` : e === pivot ? `{{${e.name}}}` : `[${e.name}]`
    out.push(`  ${e.name}${shape}:::${e.service}`)
  }
  for (const service of serviceNames) {
    for (const [command, events] of Object.entries(choreography[service].starts))
      for (const e of events) out.push(`  ${command}((${command})) --> ${e.name}`)
    for (const r of reactionsOf(service)) {
      const undoing = (e: unknown) => compensations.some((c) => c.undoneBy === e)
      for (const e of r.emits)
        out.push(`  ${r.on.name} ${undoing(e) ? '-.' : '--'}${service}${undoing(e) ? '.->' : '-->'} ${e.name}`)
    }
  }
  out.push(
    '  classDef order fill:#dbeafe,stroke:#1d4ed8,color:#111',
    '  classDef payment fill:#dcfce7,stroke:#15803d,color:#111',
    '  classDef inventory fill:#fef3c7,stroke:#b45309,color:#111',
    '  classDef delivery fill:#fae8ff,stroke:#a21caf,color:#111',
  )
  return out.join('\n')
}

/** The page docs/choreography.md, whole. */
export const choreographyPage = (): string => {
  const rows = serviceNames.flatMap((service) =>
    reactionsOf(service).map((r) => {
      const effect = r.emits.map((e) => e.name).join(' or ') || '(keeps it, emits nothing)'
      const needs = r.needs.length ? ` (waits for ${r.needs.map((e) => e.name).join(', ')})` : ''
      return `| ${service} | ${r.on.name} | ${effect}${needs} |`
    }),
  )
  const topics = serviceNames.flatMap((service) => {
    const topic = ownTopic(service)
    if (topic === undefined) return []
    const readers = serviceNames.filter((s) => subscriptionsOf(s).includes(topic))
    const deadLetters = readers.map((s) => `\`${deadLetterTopic(topic, s)}\``).join('<br>')
    return [`| \`${topic}\` | ${service} | ${readers.join(', ')} | ${deadLetters} |`]
  })
  const events = allEvents.map((e) => {
    const consumers = serviceNames.filter((s) => consumedBy(s).includes(e))
    return `| ${e.name} | \`${topicOf(e)}\` | \`shop.${e.service}.${e.name}.v${e.version}\` | ${consumers.join(', ')} |`
  })
  return [
    '# The choreography',
    '',
    'Generated from `packages/choreography/src/choreography.ts` by `npm run docs`; a test keeps it current. Do not edit.',
    '',
    'An arrow is a reaction: its label names the service that consumes the event at its tail and may emit the one at its head.',
    'Dotted arrows are compensations, the hexagon is the pivot, rounded boxes end the saga.',
    '',
    '```mermaid',
    mermaid(),
    '```',
    '',
    '## Reactions',
    '',
    '| service | consumes | may emit |',
    '|---|---|---|',
    ...rows,
    '',
    '## Compensations',
    '',
    '| step | undone by |',
    '|---|---|',
    ...compensations.map((c) => `| ${c.step.name} | ${c.undoneBy.name} |`),
    '',
    `Pivot: **${pivot.name}**. Before it every step has a compensation; after it steps are only retried.`,
    '',
    '## Topics',
    '',
    '| topic | written by | read by | dead letters |',
    '|---|---|---|---|',
    ...topics,
    '',
    '## Events',
    '',
    '| event | topic | `ce_type` | consumed by |',
    '|---|---|---|---|',
    ...events,
    '',
  ].join('\n')
}
