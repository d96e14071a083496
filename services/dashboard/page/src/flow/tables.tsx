import type { GroupState, ServiceState, TopicState } from '#api'
import { count, duration } from '#page/format.ts'
import { Scrollable } from '#page/parts/scrollable.tsx'
import { Service } from '#page/parts/words.tsx'

const figure = (value: number | undefined): string => (value === undefined ? '–' : count(value))

/** How each service keeps up: its outbox, what it dropped as a copy, what it tried again. */
export const Services = ({
  services,
  groups,
}: {
  readonly services: readonly ServiceState[]
  readonly groups: readonly GroupState[]
}) => (
  <section aria-labelledby="services-title">
    <h2 id="services-title">Services</h2>
    <Scrollable label="Services">
      <table>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" class="number">
              Handled
            </th>
            <th scope="col" class="number">
              A second
            </th>
            <th scope="col" class="number">
              Waiting for it
            </th>
            <th scope="col" class="number">
              In its outbox
            </th>
            <th scope="col" class="number">
              Oldest there
            </th>
            <th scope="col" class="number">
              Copies dropped
            </th>
            <th scope="col" class="number">
              Tried again
            </th>
            <th scope="col" class="number">
              Set aside now
            </th>
          </tr>
        </thead>
        <tbody>
          {services.map((s) => {
            const lag = groups.find((g) => g.group === s.service)?.lag
            const aside = s.deadLetters && Object.values(s.deadLetters).reduce((a, b) => a + b, 0)
            return (
              <tr key={s.service}>
                <th scope="row">
                  <Service name={s.service} />
                  {!s.up && <small class="bad">down: {s.error ?? 'it does not answer'}</small>}
                </th>
                <td class="number">{figure(s.handledTotal)}</td>
                <td class="number">{s.handledPerSecond === undefined ? '–' : count(Math.round(s.handledPerSecond))}</td>
                <td class={`number ${lag ? 'held' : ''}`}>{figure(lag)}</td>
                <td class={`number ${s.outboxDepth ? 'held' : ''}`}>{figure(s.outboxDepth)}</td>
                <td class="number">
                  {s.outboxOldestMs === undefined ? '–' : s.outboxOldestMs === 0 ? '' : duration(s.outboxOldestMs)}
                </td>
                <td class="number">{figure(s.duplicatesTotal)}</td>
                <td class="number">{figure(s.retriesTotal)}</td>
                <td class={`number ${aside ? 'none' : ''}`}>{figure(aside)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Scrollable>
  </section>
)

/** Each topic with its partitions, and how far each consumer is behind on it. */
export const Topics = ({
  topics,
  groups,
}: {
  readonly topics: readonly TopicState[]
  readonly groups: readonly GroupState[]
}) => {
  const events = topics.filter((t) => t.kind === 'events')
  const letters = topics.filter((t) => t.kind === 'dead-letters')
  return (
    <section aria-labelledby="topics-title">
      <h2 id="topics-title">Topics</h2>
      <div class="topics">
        {events.map((t) => (
          <TopicCard key={t.topic} topic={t} groups={groups} />
        ))}
      </div>
      <details>
        <summary>
          Dead-letter topics ({count(letters.reduce((sum, t) => sum + t.records, 0))} records on {letters.length})
        </summary>
        <Scrollable label="Dead-letter topics">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Written by</th>
                <th scope="col" class="number">
                  Records
                </th>
              </tr>
            </thead>
            <tbody>
              {letters.map((t) => (
                <tr key={t.topic}>
                  <td class="mono">{t.topic}</td>
                  <td>
                    <Service name={t.service} />
                  </td>
                  <td class={`number ${t.records > 0 ? 'none' : ''}`}>{count(t.records)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrollable>
      </details>
    </section>
  )
}

const TopicCard = ({ topic, groups }: { readonly topic: TopicState; readonly groups: readonly GroupState[] }) => {
  const readers = groups.flatMap((g) => g.topics.filter((t) => t.topic === topic.topic).map((t) => ({ group: g.group, ...t })))
  return (
    <div class="topic">
      <h3>
        <span class="mono">{topic.topic}</span> <small>{count(topic.records)} records</small>
      </h3>
      <Scrollable label={`Partitions of ${topic.topic}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Partition</th>
              {topic.partitions.map((p) => (
                <th scope="col" class="number" key={p.partition}>
                  {p.partition}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">records</th>
              {topic.partitions.map((p) => (
                <td class="number" key={p.partition}>
                  {count(p.end - p.begin)}
                </td>
              ))}
            </tr>
            {readers.map((r) => (
              <tr key={r.group}>
                <th scope="row">{r.group.startsWith('dashboard-') ? 'this page' : r.group} behind</th>
                {topic.partitions.map((p) => {
                  const lag = r.partitions.find((q) => q.partition === p.partition)?.lag
                  return (
                    <td class={`number ${lag ? 'held' : 'zero'}`} key={p.partition}>
                      {figure(lag)}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrollable>
    </div>
  )
}
