import { memo } from 'preact/compat'
import { useEffect, useState } from 'preact/hooks'
import type { OrderState, OrderSummary } from '#api'
import { count, duration, eventWords, money, time, words } from '#page/format.ts'
import { submitting } from '#page/live/asking.ts'
import { useLiveOrders } from '#page/live/order-list.ts'
import { rates, totals } from '#page/live/stream.ts'
import { useWindowRows } from '#page/parts/window-rows.ts'
import { Empty, OrderLink, State, Trouble } from '#page/parts/words.tsx'
import { goQuery, query } from '#page/route.ts'

const states: readonly OrderState[] = ['PENDING', 'CANCELLING', 'CONFIRMED', 'CANCELLED']
const rowPx = 46

export const Orders = () => {
  const asked = query.value
  const state = states.find((s) => s === asked.get('state')) ?? ''
  const filter = { state, customerId: asked.get('customer') ?? '', stuckMs: asked.get('stuck') ?? '' } as const
  const list = useLiveOrders(filter)
  const filtered = filter.state !== '' || filter.customerId !== '' || filter.stuckMs !== ''
  const placed = rates.value?.placedPerSecond ?? 0
  return (
    <>
      <div class="page-head">
        <h1>Orders</h1>
        <p>Every order as the topics tell it. Open one to see what happened, and what was undone.</p>
      </div>
      <Totals chosen={state} />
      <Filters />
      <p class="list-note" role="status">
        {list.held.value
          ? 'Held still. What changes meanwhile is shown when you let it run.'
          : placed > 100
            ? `About ${count(Math.round(placed / 10) * 10)} orders a second: the list moves on once a second. The totals are exact.`
            : ''}
      </p>
      {list.error.value && <Trouble>{list.error.value}</Trouble>}
      {list.ready.value && list.rows.value.length === 0 ? (
        <Empty title={filtered ? 'No order fits this filter' : 'No orders yet'}>
          {filtered ? (
            <button type="button" onClick={() => goQuery({ state: '', customer: '', stuck: '' })}>
              Show all orders
            </button>
          ) : (
            <>
              Place one in the <a href="/">shop</a>; it appears here at once.
            </>
          )}
        </Empty>
      ) : (
        <List rows={list.rows.value} />
      )}
      <div class="list-end">
        {list.more.value !== undefined && list.rows.value.length < 1_000 && (
          <button type="button" onClick={() => void list.loadMore()}>
            Show older orders
          </button>
        )}
        {list.rows.value.length > 0 && (
          <button type="button" class="hold" aria-pressed={list.held.value} onClick={() => list.hold(!list.held.value)}>
            {list.held.value ? 'Let it run' : 'Hold the list still'}
          </button>
        )}
      </div>
    </>
  )
}

const Totals = ({ chosen }: { readonly chosen: OrderState | '' }) => {
  const now = totals.value
  return (
    <ul class="totals" aria-label="Totals, each a filter">
      <li>
        <button type="button" aria-pressed={chosen === ''} onClick={() => goQuery({ state: '' })}>
          <b>{now ? count(now.all) : '–'}</b> All
        </button>
      </li>
      {states.map((s) => (
        <li key={s}>
          <button type="button" aria-pressed={chosen === s} onClick={() => goQuery({ state: chosen === s ? '' : s })}>
            <b>{now ? count(now[s]) : '–'}</b> <State state={s} />
          </button>
        </li>
      ))}
      <li class="small">
        <b>{now ? count(now.events) : '–'}</b> events
      </li>
      <li class="small">
        <b>{now ? count(now.duplicates) : '–'}</b> copies dropped
      </li>
      <li class="small">
        <b>{now ? count(now.deadLetters) : '–'}</b> dead letters
      </li>
      {now?.leftOut !== undefined && (
        <li class="small bad">
          <b>{count(now.leftOut)}</b> records could not be taken, see the dashboard’s log
        </li>
      )}
    </ul>
  )
}

const Filters = () => {
  const asked = query.value
  const [customer, setCustomer] = useState(asked.get('customer') ?? '')
  useEffect(() => setCustomer(asked.get('customer') ?? ''), [asked])
  return (
    <form class="filters" onSubmit={submitting(() => goQuery({ customer: customer.trim() }))}>
      <label>
        Customer
        <input
          value={customer}
          placeholder="any, such as alice"
          onInput={(e) => setCustomer(e.currentTarget.value)}
          onBlur={() => goQuery({ customer: customer.trim() })}
        />
      </label>
      <label>
        Stuck
        <select value={asked.get('stuck') ?? ''} onChange={(e) => goQuery({ stuck: e.currentTarget.value })}>
          <option value="">or not</option>
          <option value="1000">longer than 1 s</option>
          <option value="5000">longer than 5 s</option>
          <option value="30000">longer than 30 s</option>
          <option value="300000">longer than 5 min</option>
        </select>
      </label>
    </form>
  )
}

const List = ({ rows }: { readonly rows: readonly OrderSummary[] }) => {
  const shown = useWindowRows(rows.length, rowPx)
  return (
    <div ref={shown.start}>
      <table class="orders" aria-rowcount={rows.length + 1}>
        <caption class="unseen">Orders, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Order</th>
            <th scope="col">State</th>
            <th scope="col" class="wide">
              Customer
            </th>
            <th scope="col" class="number wide">
              Total
            </th>
            <th scope="col">Last heard</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="wide">
              Placed
            </th>
          </tr>
        </thead>
        <tbody>
          <tr class="spacer" style={{ height: `${shown.beforePx}px` }} />
          {rows.slice(shown.from, shown.to).map((order, i) => (
            <Row key={order.orderId} order={order} index={shown.from + i + 2} />
          ))}
          <tr class="spacer" style={{ height: `${shown.afterPx}px` }} />
        </tbody>
      </table>
    </div>
  )
}

const Row = ({ order, index }: { readonly order: OrderSummary; readonly index: number }) => (
  <tr aria-rowindex={index}>
    <Cells order={order} />
  </tr>
)

/** Apart from the row, whose index changes with each order that comes in above it. */
const Cells = memo(({ order }: { readonly order: OrderSummary }) => (
  <>
    <td>
      <OrderLink id={order.orderId} />
    </td>
    <td>
      <State state={order.state} />
      {order.compensated && order.state !== 'CANCELLED' && <small class="undone-word">undoing</small>}
    </td>
    <td class="wide">{order.customerId ?? '–'}</td>
    <td class="number wide">{order.total === undefined ? '–' : money(order.total, order.currency)}</td>
    <td class="last">
      {order.reason ? words(order.reason) : eventWords(order.lastType)}
      {order.waitingFor.length > 0 && <small>waits for {order.waitingFor.join(', ')}</small>}
      {order.deadLetters > 0 && <small class="bad">dead letter</small>}
    </td>
    <td class="number">{order.durationMs === undefined ? '…' : duration(order.durationMs)}</td>
    <td class="wide">{time(order.firstAt)}</td>
  </>
))
