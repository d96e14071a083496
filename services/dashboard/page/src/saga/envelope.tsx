import { useEffect, useRef } from 'preact/hooks'
import type { Saga, SagaEvent } from '#api'
import { duration, eventWords, timeMs } from '#page/format.ts'
import { Json } from '#page/parts/scrollable.tsx'
import { Service } from '#page/parts/words.tsx'

export interface EnvelopeProps {
  readonly saga: Saga
  readonly event: SagaEvent
  readonly choose: (position: string | undefined) => void
}

const Fact = ({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

/** One event as it stands on its topic. */
export const Envelope = ({ saga, event, choose }: EnvelopeProps) => {
  const heading = useRef<HTMLHeadingElement>(null)
  // another event is read from its heading on
  useEffect(() => {
    // Not when a shared address opens with it: then the page begins at its top.
    if (document.activeElement !== document.body) heading.current?.focus({ preventScroll: innerWidth > 900 })
  }, [event.position])
  const cause = saga.events.find((e) => e.id === event.causationId && e.copyOf === undefined)
  const effects = saga.events.filter((e) => e.causationId === event.id && e.copyOf === undefined)
  const undoes = saga.compensations.find((c) => c.undoneById === event.id)
  const undoneBy = saga.compensations.find((c) => c.stepId === event.id && c.undoneById !== undefined)
  const link = (to: SagaEvent | undefined, words: string) =>
    to ? (
      <button type="button" class="plain" onClick={() => choose(to.position)}>
        {words}
      </button>
    ) : (
      words
    )
  const byId = (id: string | undefined) => saga.events.find((e) => e.id === id && e.copyOf === undefined)
  const raw = { headers: event.headers, key: saga.order.orderId, value: event.data ?? null }
  return (
    <aside class="envelope" aria-labelledby="envelope-title">
      <div class="head">
        <h2 id="envelope-title" tabIndex={-1} ref={heading}>
          {eventWords(event.type)}
        </h2>
        <button type="button" class="plain" onClick={() => choose(undefined)}>
          Close
        </button>
      </div>
      <dl>
        <Fact name="Told by">
          <Service name={event.service} />
        </Fact>
        <Fact name="Stored at">
          {timeMs(event.at)}, {duration(event.sinceStartMs)} after the start
        </Fact>
        <Fact name="On Kafka at">{timeMs(event.writtenAt)}</Fact>
        {event.causationId !== undefined && (
          <Fact name="Caused by">
            {link(cause, cause ? eventWords(cause.type) : event.causationId)}
            {event.sinceCauseMs !== undefined && `, ${duration(event.sinceCauseMs)} before`}
          </Fact>
        )}
        {effects.length > 0 && (
          <Fact name="Caused">
            {effects.map((e) => (
              <span key={e.position}>{link(e, eventWords(e.type))} </span>
            ))}
          </Fact>
        )}
        {undoes && <Fact name="Undoes">{link(byId(undoes.stepId), eventWords(undoes.stepType))}</Fact>}
        {undoneBy && <Fact name="Undone by">{link(byId(undoneBy.undoneById), eventWords(undoneBy.undoneByType))}</Fact>}
        {event.copyOf !== undefined && <Fact name="Copy of">{event.copyOf}: consumers drop it, its id has been handled</Fact>}
        <Fact name="Stands at">
          <span class="mono">{event.position}</span>
        </Fact>
        <Fact name="Event id">
          <span class="mono">{event.id}</span>
        </Fact>
        {event.error !== undefined && <Fact name="Cannot be read">{event.error}</Fact>}
      </dl>
      <h3>The record</h3>
      <Json label="The record as JSON" value={raw} />
    </aside>
  )
}
