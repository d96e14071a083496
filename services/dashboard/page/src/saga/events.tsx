import type { Saga, SagaEvent } from '#api'
import { duration, eventWords, timeMs } from '#page/format.ts'
import { Scrollable } from '#page/parts/scrollable.tsx'
import { Service } from '#page/parts/words.tsx'

export interface EventsProps {
  readonly saga: Saga
  readonly chosen: string | undefined
  readonly choose: (position: string) => void
}

/** The swim lanes as a table: every record of the order on the topics, copies too. */
export const Events = ({ saga, chosen, choose }: EventsProps) => {
  const name = (id: string | undefined) => {
    const event = saga.events.find((e) => e.id === id)
    return event ? eventWords(event.type) : ''
  }
  const remark = (event: SagaEvent): string => {
    if (event.copyOf !== undefined) return 'copy, dropped by its consumers'
    const undoes = saga.compensations.find((c) => c.undoneById === event.id)
    if (undoes) return `undoes ${eventWords(undoes.stepType).toLowerCase()}`
    const undone = saga.compensations.find((c) => c.stepId === event.id && c.undoneById !== undefined)
    if (undone) return `undone by ${eventWords(undone.undoneByType).toLowerCase()}`
    return event.pivot ? 'the pivot: no way back' : event.terminal ? 'the end' : ''
  }
  const kind = (event: SagaEvent) =>
    [
      event.position === chosen && 'chosen',
      event.copyOf !== undefined && 'copy',
      remark(event).startsWith('undoes') && 'undo',
      remark(event).startsWith('undone') && 'taken-back',
    ]
      .filter(Boolean)
      .join(' ')
  return (
    <Scrollable label="Events of this order">
      <table class="events">
        <caption class="unseen">Events of this order, by the time at which they were stored</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              Elapsed
            </th>
            <th scope="col">Event</th>
            <th scope="col">Service</th>
            <th scope="col">Caused by</th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {saga.events.map((e) => (
            <tr key={e.position} class={kind(e)}>
              <td class="number">{e.sinceStartMs === 0 ? 'start' : `+${duration(e.sinceStartMs)}`}</td>
              <td>
                <button type="button" class="plain event" aria-pressed={e.position === chosen} onClick={() => choose(e.position)}>
                  {eventWords(e.type)}
                </button>
                {remark(e) && <small>{remark(e)}</small>}
              </td>
              <td>
                <Service name={e.service} />
              </td>
              <td>
                {name(e.causationId)}
                {e.sinceCauseMs !== undefined && <small>{duration(e.sinceCauseMs)} later</small>}
              </td>
              <td class="mono">{timeMs(e.at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {saga.eventsOmitted > 0 && <p>{saga.eventsOmitted} more records are not shown.</p>}
    </Scrollable>
  )
}

/** What the choreography has still to bring, and who owes it. */
export const Expected = ({ saga }: { readonly saga: Saga }) => (
  <section class="expected" aria-labelledby="expected-title">
    <h3 id="expected-title">Expected next</h3>
    <ul>
      {saga.expected.map((e) => (
        <li key={`${e.service}${e.onId}`}>
          <Service name={e.service} />{' '}
          {e.mayEmit.length > 0
            ? `answers ${eventWords(e.on).toLowerCase()} with ${e.mayEmit.map((t) => eventWords(t).toLowerCase()).join(' or ')}`
            : `takes note of ${eventWords(e.on).toLowerCase()}`}
          {e.needs.length > 0 && `, once ${e.needs.map((t) => eventWords(t).toLowerCase()).join(' and ')} has come`}
        </li>
      ))}
    </ul>
  </section>
)
