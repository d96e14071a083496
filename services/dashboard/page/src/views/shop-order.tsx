import { useState } from 'preact/hooks'
import type { OrderRequest, Placed, ShopView } from '#api'
import { submitting, useAction } from '#page/live/asking.ts'
import { rememberPlaced } from '#page/live/placed.ts'
import { post } from '#page/live/server.ts'
import { Trouble } from '#page/parts/words.tsx'

const countries = [
  { code: 'DE', name: 'Germany' },
  { code: 'FR', name: 'France' },
  { code: 'AQ', name: 'Antarctica, not served' },
] as const

const quantityMax = 1_000

/** An order of one's own making. */
export const OrderForm = ({ shop }: { readonly shop: ShopView | undefined }) => {
  const { busy, error, run } = useAction()
  const [customerId, setCustomerId] = useState('alice')
  const [sku, setSku] = useState('keyboard')
  const [quantity, setQuantity] = useState(1)
  const [country, setCountry] = useState<string>('DE')
  const place = () =>
    run(async () => {
      const order: OrderRequest = {
        customerId,
        lines: [{ sku, quantity }],
        shippingAddress: { name: customerId, street: 'Main Street 1', city: 'Somewhere', postalCode: '10115', country },
      }
      const { orderId } = await post<Placed>('/api/orders', order, { 'Idempotency-Key': crypto.randomUUID() })
      rememberPlaced(orderId, `${quantity} × ${sku} for ${customerId}`)
    })
  return (
    <details class="own">
      <summary>Make one of your own</summary>
      <form onSubmit={submitting(() => void place())}>
        <label>
          Customer
          <input
            required
            pattern="[\w.@\-]{1,64}"
            list="customer-ids"
            value={customerId}
            onInput={(e) => setCustomerId(e.currentTarget.value)}
          />
        </label>
        <datalist id="customer-ids">
          {shop?.customers.map((c) => (
            <option key={c.customerId} value={c.customerId} />
          ))}
        </datalist>
        <label>
          Product
          <select value={sku} onChange={(e) => setSku(e.currentTarget.value)}>
            {shop?.products.map((p) => (
              <option key={p.sku} value={p.sku}>
                {p.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Quantity
          <input
            type="number"
            min="1"
            max={quantityMax}
            value={quantity}
            onInput={(e) => setQuantity(e.currentTarget.valueAsNumber || 1)}
          />
        </label>
        <label>
          Country
          <select value={country} onChange={(e) => setCountry(e.currentTarget.value)}>
            {countries.map((c) => (
              <option key={c.code} value={c.code}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={busy}>
          Place it
        </button>
      </form>
      {error && <Trouble>{error}</Trouble>}
    </details>
  )
}
