import { useEffect, useState } from 'preact/hooks'
import type { Saga } from '#api'
import { duration, money, time, words } from '#page/format.ts'
import { useAction } from '#page/live/asking.ts'
import { about, get, mayAct, post } from '#page/live/server.ts'
import { saga as live } from '#page/live/stream.ts'
import { Empty, State, Trouble } from '#page/parts/words.tsx'
import { goQuery, query } from '#page/route.ts'
import { Envelope } from '#page/saga/envelope.tsx'
import { Events, Expected } from '#page/saga/events.tsx'
import { Letters } from '#page/saga/letters.tsx'
import { story } from '#page/saga/story.ts'
import { Timeline } from '#page/saga/timeline.tsx'

/** One saga, as it happens. */
export const OrderPage = ({ orderId }: { readonly orderId: string }) => {
  const [unmasked, setUnmasked] = useState<Saga>()
  const masked = live.value
  // What was unmasked is shown until the order moves on; then it is asked for anew.
  const saga = unmasked && masked && unmasked.events.length === masked.events.length ? unmasked : masked
  if (saga === undefined) return <p class="quiet">Asking for order {orderId} …</p>
  if (saga === null || saga.order.orderId !== orderId)
    return (
      <Empty title="Nothing is known of this order yet">
        No event of <code>{orderId}</code> has been read. A new order appears here by itself; an old one may have been forgotten.
        See the <a href="/orders">orders</a> that are known.
      </Empty>
    )
  return <KnownOrder saga={saga} unmask={async () => setUnmasked(await get<Saga>(`/api/orders/${orderId}?unmask=true`))} />
}

const KnownOrder = ({ saga, unmask }: { readonly saga: Saga; readonly unmask: () => Promise<void> }) => {
  const scale = query.value.get('scale') === 'time' ? 'time' : 'steps'
  const chosen = query.value.get('event') ?? undefined
  const event = saga.events.find((e) => e.position === chosen)
  const choose = (position: string | undefined) => goQuery({ event: position ?? '' })
  const lanes = about.value?.lanes.map((l) => l.service) ?? [...new Set(saga.events.map((e) => e.service))]
  return (
    <article class={`order-page ${saga.order.state.toLowerCase()}`}>
      <Head saga={saga} unmask={unmask} />
      <section class="picture" aria-labelledby="picture-title">
        <div class="head">
          <h2 id="picture-title">What happened</h2>
          <Key />
          <fieldset class="choice">
            <legend class="unseen">Time</legend>
            {(['steps', 'time'] as const).map((s) => (
              <label key={s}>
                <input
                  type="radio"
                  name="scale"
                  checked={scale === s}
                  onChange={() => goQuery({ scale: s === 'time' ? 'time' : '' })}
                />
                {s === 'steps' ? 'Step by step' : 'True to time'}
              </label>
            ))}
          </fieldset>
        </div>
        <Timeline saga={saga} lanes={lanes} scale={scale} chosen={chosen} choose={choose} />
      </section>
      {saga.deadLetters.length > 0 && <Letters saga={saga} />}
      <div class={event ? 'below with-envelope' : 'below'}>
        <section aria-labelledby="events-title">
          <h2 id="events-title">Events</h2>
          <Events saga={saga} chosen={chosen} choose={choose} />
          {saga.expected.length > 0 && <Expected saga={saga} />}
        </section>
        {event && <Envelope saga={saga} event={event} choose={choose} />}
      </div>
    </article>
  )
}

const Head = ({ saga, unmask }: { readonly saga: Saga; readonly unmask: () => Promise<void> }) => {
  const { order } = saga
  const cancelling = useAction()
  const unmasking = useAction()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(`${location.origin}/orders/${order.orderId}`)
    setCopied(true)
  }
  return (
    <header class="order-head">
      <div class="title">
        <p class="crumb">
          <a href="/orders">Orders</a> <span aria-hidden="true">/</span> <span class="mono">{order.orderId}</span>
        </p>
        <h1>
          <State state={order.state} />
        </h1>
        <p class="story" role="status">
          {story(saga)}
        </p>
        <div class="actions">
          {order.endedAt === undefined && (
            <button
              type="button"
              disabled={cancelling.busy || order.state === 'CANCELLING'}
              onClick={() => cancelling.run(() => post(`/api/orders/${order.orderId}/cancel`))}
            >
              Cancel this order
            </button>
          )}
          <button type="button" onClick={() => void copy()}>
            {copied ? 'Link copied' : 'Copy link'}
          </button>
          {mayAct() && saga.masked && (
            <button type="button" disabled={unmasking.busy} onClick={() => unmasking.run(unmask)}>
              Show names and addresses
            </button>
          )}
        </div>
        {cancelling.error && <Trouble>{cancelling.error}</Trouble>}
        {unmasking.error && <Trouble>{unmasking.error}</Trouble>}
      </div>
      <dl class="facts">
        <div>
          <dt>{order.endedAt === undefined ? 'Open for' : 'Took'}</dt>
          <dd class="big">{order.durationMs !== undefined ? duration(order.durationMs) : <Age since={order.firstAt} />}</dd>
        </div>
        <div>
          <dt>Total</dt>
          <dd>{order.total === undefined ? 'not known yet' : money(order.total, order.currency)}</dd>
        </div>
        <div>
          <dt>Customer</dt>
          <dd>{order.customerId ?? 'not known yet'}</dd>
        </div>
        <div>
          <dt>Began</dt>
          <dd>{time(order.firstAt)}</dd>
        </div>
        {order.reason && (
          <div>
            <dt>Reason</dt>
            <dd>{words(order.reason)}</dd>
          </div>
        )}
        {order.duplicates > 0 && (
          <div>
            <dt>Copies dropped</dt>
            <dd>{order.duplicates}</dd>
          </div>
        )}
      </dl>
    </header>
  )
}

const tickMs = 200

/** How long ago, counting on. */
const Age = ({ since }: { readonly since: string }) => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs)
    return () => clearInterval(timer)
  }, [])
  return <>{duration(Math.max(0, now - Date.parse(since)))}</>
}

const Key = () => (
  <ul class="key">
    <li>
      <svg viewBox="0 0 44 16" width="44" height="16" aria-hidden="true">
        <rect class="k-hold" x="2" y="2" width="40" height="12" rx="6" />
      </svg>
      step stands
    </li>
    <li>
      <svg viewBox="0 0 44 16" width="44" height="16" aria-hidden="true">
        <path class="k-undo" d="M40 13V7Q40 3 36 3H8Q4 3 4 7V12M1 9 4 13 7 9" />
      </svg>
      undone
    </li>
    <li>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle class="k-ghost" cx="8" cy="8" r="6" />
      </svg>
      still expected
    </li>
    <li>
      <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
        <path class="k-pivot" d="M10 1 18 5.500V14.500L10 19 2 14.500V5.500Z" />
      </svg>
      pivot
    </li>
  </ul>
)
