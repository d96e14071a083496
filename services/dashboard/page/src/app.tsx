import { useEffect } from 'preact/hooks'
import { count } from '#page/format.ts'
import { about, learnAbout } from '#page/live/server.ts'
import { connection, rates } from '#page/live/stream.ts'
import { Empty } from '#page/parts/words.tsx'
import { type Route, route } from '#page/route.ts'
import { type Theme, theme } from '#page/theme.ts'
import { Faults } from '#page/views/faults.tsx'
import { FlowView } from '#page/views/flow.tsx'
import { OrderPage } from '#page/views/order.tsx'
import { Orders } from '#page/views/orders.tsx'
import { Shop } from '#page/views/shop.tsx'

const views = [
  { view: 'shop', href: '/', title: 'Shop' },
  { view: 'orders', href: '/orders', title: 'Orders' },
  { view: 'flow', href: '/flow', title: 'Flow' },
  { view: 'faults', href: '/faults', title: 'Faults' },
] as const

const titles: Record<Route['view'], string> = {
  shop: 'Shop',
  orders: 'Orders',
  order: 'One order',
  flow: 'Flow',
  faults: 'Faults',
  unknown: 'Not found',
}

export const App = () => {
  const { view, orderId } = route.value
  useEffect(() => {
    document.title = `${orderId ? `Order ${orderId.slice(-8)}` : titles[view]} · Saga shop`
  }, [view, orderId])
  useEffect(() => {
    if (connection.value === 'live' && about.value === undefined) learnAbout().catch(() => {})
  }, [connection.value])
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="name" href="/">
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <path d="M3 9h26M3 23h26" class="lanes" />
            <path d="M8 9C16 9 14 23 22 23" class="arrow" />
            <circle cx="8" cy="9" r="4" class="first" />
            <circle cx="23" cy="23" r="4" class="second" />
          </svg>
          Saga shop
        </a>
        <nav aria-label="Views">
          {views.map((v) => (
            <a
              key={v.view}
              href={v.href}
              aria-current={v.view === view || (view === 'order' && v.view === 'orders') ? 'page' : undefined}
            >
              {v.title}
            </a>
          ))}
        </nav>
        <div class="aside">
          <Pulse />
          <ThemeChoice />
        </div>
      </header>
      {connection.value === 'lost' && (
        <p class="banner" role="status">
          The dashboard cannot be reached, so what you see may be old. It is asked again by itself; when that does not help, see
          that the shop is running.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {view === 'shop' && <Shop />}
        {view === 'orders' && <Orders />}
        {view === 'order' && orderId !== undefined && <OrderPage key={orderId} orderId={orderId} />}
        {view === 'flow' && <FlowView />}
        {view === 'faults' && <Faults />}
        {view === 'unknown' && (
          <Empty title="There is no such page">
            Go to the <a href="/orders">orders</a> or the <a href="/">shop</a>.
          </Empty>
        )}
      </main>
    </>
  )
}

const connectionWords = { connecting: 'Connecting', live: 'Live', lost: 'Not connected' } as const

const Pulse = () => {
  const now = rates.value
  return (
    <span class={`pulse ${connection.value}`}>
      <i aria-hidden="true" />
      <span>{connectionWords[connection.value]}</span>
      {connection.value === 'live' && now && <span class="rate">{count(Math.round(now.eventsPerSecond))} events/s</span>}
    </span>
  )
}

const ThemeChoice = () => (
  <label class="theme">
    <span class="unseen">Colours</span>
    <select value={theme.value} onChange={(e) => (theme.value = e.currentTarget.value as Theme)}>
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  </label>
)
