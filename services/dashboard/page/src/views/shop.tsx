import { useEffect, useState } from 'preact/hooks'
import type { Customer, OrderRequest, Placed, Preset, Product, ShopView } from '#api'
import { count, duration, eventWords, money, words } from '#page/format.ts'
import { useAction, useAsked } from '#page/live/asking.ts'
import { followPlaced, placedHere, rememberPlaced } from '#page/live/placed.ts'
import { post } from '#page/live/server.ts'
import { Empty, OrderLink, State, Trouble } from '#page/parts/words.tsx'
import { BurstForm } from '#page/views/shop-burst.tsx'
import { OrderForm } from '#page/views/shop-order.tsx'

const refreshMs = 1_000

export const Shop = () => {
  const { answer, error, again } = useAsked<ShopView>('/api/shop', refreshMs)
  return (
    <>
      <div class="page-head">
        <h1>Four services, no coordinator</h1>
        <p>
          Place an order and watch order, payment, inventory and delivery finish it together, or undo it step by step, by reacting
          to each other’s events alone.
        </p>
      </div>
      {error && <Trouble>{error}</Trouble>}
      <div class="shop">
        <div>
          <section class="place" aria-labelledby="place-title">
            <h2 id="place-title">Place an order</h2>
            {answer ? (
              <Presets presets={answer.presets} placed={again} />
            ) : (
              !error && <p class="quiet">Asking for the presets …</p>
            )}
            <OrderForm shop={answer} />
            <BurstForm />
          </section>
          {answer && <Customers customers={answer.customers} changed={again} />}
        </div>
        <div>
          <JustPlaced />
          {answer && <Products products={answer.products} changed={again} />}
        </div>
        {answer?.errors.map((e) => (
          <Trouble key={e.service}>
            {e.service}: {e.detail}
          </Trouble>
        ))}
      </div>
    </>
  )
}

const Presets = ({ presets, placed }: { readonly presets: readonly Preset[]; readonly placed: () => void }) => (
  <ul class="presets">
    {presets.map((p) => (
      <PresetRow key={p.id} preset={p} placed={placed} />
    ))}
  </ul>
)

const PresetRow = ({ preset, placed }: { readonly preset: Preset; readonly placed: () => void }) => {
  const { busy, error, run } = useAction()
  const place = () =>
    run(async () => {
      const { orderId } = await post<Placed>(`/api/presets/${preset.id}`)
      rememberPlaced(orderId, preset.title)
      placed()
    })
  return (
    <li>
      <div>
        <h3>{preset.title}</h3>
        <p>{preset.expect}</p>
        <p class="quiet">{describe(preset.order)}</p>
        {error && <Trouble>{error}</Trouble>}
      </div>
      <button type="button" class={preset.id === 'good' ? 'primary' : ''} disabled={busy} onClick={place}>
        Place<span class="unseen"> the order: {preset.title}</span>
      </button>
    </li>
  )
}

const describe = ({ customerId, lines, shippingAddress }: OrderRequest): string =>
  `${customerId} orders ${lines.map((l) => `${l.quantity} × ${l.sku}`).join(', ')} to ${shippingAddress.country}`

const JustPlaced = () => {
  useEffect(followPlaced, [])
  const orders = placedHere.value
  return (
    <section class="just-placed" aria-labelledby="placed-title">
      <h2 id="placed-title">Placed from here</h2>
      {orders.length === 0 ? (
        <Empty title="Nothing yet">An order that you place appears here as it goes from service to service.</Empty>
      ) : (
        <ol aria-live="polite">
          {orders.map(({ orderId, title, order }) => (
            <li key={orderId}>
              <div class="line">
                <OrderLink id={orderId} />
                {order ? <State state={order.state} /> : <span class="quiet">on its way</span>}
              </div>
              <p>{title}</p>
              {order && (
                <p class="quiet">
                  {order.endedAt === undefined
                    ? `${eventWords(order.lastType)}; waits for ${order.waitingFor.join(', ') || 'nobody'}`
                    : `${order.reason ? `${words(order.reason)}, ` : ''}in ${duration(order.durationMs ?? 0)}${order.compensated ? ', taken back step by step' : ''}`}
                </p>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

const receiptQuantity = 10

const Products = ({ products, changed }: { readonly products: readonly Product[]; readonly changed: () => void }) => {
  const { busy, error, run } = useAction()
  return (
    <section class="products" aria-labelledby="products-title">
      <h2 id="products-title">Products</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col" class="number">
              Price
            </th>
            <th scope="col" class="number">
              On hand
            </th>
            <th scope="col" class="number">
              Reserved
            </th>
            <th scope="col">
              <span class="unseen">Receive</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {products.map((p) => (
            <tr key={p.sku}>
              <td>{p.name}</td>
              <td class="number">{money(p.price, p.currency)}</td>
              <td class={`number ${p.available === 0 ? 'none' : ''}`}>{p.onHand === undefined ? '–' : count(p.onHand)}</td>
              <td class={`number ${p.reserved ? 'held' : ''}`}>{p.reserved === undefined ? '–' : count(p.reserved)}</td>
              <td class="number">
                <button
                  type="button"
                  class="plain"
                  disabled={busy}
                  onClick={() =>
                    run(() => post(`/api/products/${encodeURIComponent(p.sku)}/receipts`, { quantity: receiptQuantity })).then(
                      changed,
                    )
                  }
                >
                  +{receiptQuantity}
                  <span class="unseen"> {p.name} received</span>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {error && <Trouble>{error}</Trouble>}
    </section>
  )
}

const depositMinor = 10_000

const Customers = ({ customers, changed }: { readonly customers: readonly Customer[]; readonly changed: () => void }) => {
  const { busy, error, run } = useAction()
  const [all, setAll] = useState(false)
  const shown = all ? customers : customers.slice(0, 6)
  return (
    <section class="customers" aria-labelledby="customers-title">
      <h2 id="customers-title">Customers</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col" class="number">
              Balance
            </th>
            <th scope="col">
              <span class="unseen">Deposit</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((c) => (
            <tr key={c.customerId}>
              <td>
                <a href={`/orders?customer=${encodeURIComponent(c.customerId)}`}>{c.customerId}</a>
                {c.blocked && <small class="bad">blocked</small>}
              </td>
              <td class="number">{money(c.balance, c.currency)}</td>
              <td class="number">
                <button
                  type="button"
                  class="plain"
                  disabled={busy}
                  onClick={() =>
                    run(() => post(`/api/customers/${encodeURIComponent(c.customerId)}/deposits`, { amount: depositMinor })).then(
                      changed,
                    )
                  }
                >
                  +{money(depositMinor, c.currency)}
                  <span class="unseen"> to {c.customerId}</span>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {customers.length > shown.length && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          Show all {customers.length}
        </button>
      )}
      {error && <Trouble>{error}</Trouble>}
    </section>
  )
}
