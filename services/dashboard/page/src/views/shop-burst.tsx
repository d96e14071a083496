import { useState } from 'preact/hooks'
import type { Burst, BurstRequest } from '#api'
import { count } from '#page/format.ts'
import { submitting, useAction } from '#page/live/asking.ts'
import { about, post, remove } from '#page/live/server.ts'
import { burst } from '#page/live/stream.ts'
import { Trouble } from '#page/parts/words.tsx'

/** Many orders at once. */
export const BurstForm = () => {
  const { busy, error, run } = useAction()
  const [orders, setOrders] = useState(500)
  const [perSecond, setPerSecond] = useState(50)
  const [failing, setFailing] = useState(20)
  // Opened by a burst that runs, it stays open when that has ended.
  const [open, setOpen] = useState(false)
  const limits = about.value?.limits
  const now = burst.value
  const begin = () =>
    run(async () => {
      const request: BurstRequest = { count: orders, perSecond, failing: failing / 100 }
      burst.value = await post<Burst>('/api/bursts', request)
    })
  return (
    <details class="own" open={open || now?.running} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>Place many at once</summary>
      <form onSubmit={submitting(() => void begin())}>
        <label>
          Orders
          <input
            type="number"
            min="1"
            max={limits?.burstMax}
            value={orders}
            onInput={(e) => setOrders(e.currentTarget.valueAsNumber || 1)}
          />
        </label>
        <label>
          A second
          <input
            type="number"
            min="1"
            max={limits?.burstPerSecondMax}
            value={perSecond}
            onInput={(e) => setPerSecond(e.currentTarget.valueAsNumber || 1)}
          />
        </label>
        <label>
          Of these, failing
          <select value={failing} onChange={(e) => setFailing(Number(e.currentTarget.value))}>
            {[0, 10, 20, 50, 100].map((share) => (
              <option key={share} value={share}>
                {share} %
              </option>
            ))}
          </select>
        </label>
        {now?.running ? (
          <button type="button" disabled={busy} onClick={() => run(() => remove('/api/bursts'))}>
            End the burst
          </button>
        ) : (
          <button type="submit" class="primary" disabled={busy}>
            Begin the burst
          </button>
        )}
      </form>
      {now && (
        <p class="quiet" role="status">
          <progress max={now.count} value={now.placed + now.refused} aria-label="Orders of the burst" /> {count(now.placed)} of{' '}
          {count(now.count)} placed
          {now.refused > 0 && `, ${count(now.refused)} refused: the shop has too much to do`}
          {now.running ? '' : ', ended'}
        </p>
      )}
      {error && <Trouble>{error}</Trouble>}
    </details>
  )
}
