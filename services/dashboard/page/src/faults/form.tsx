import { useState } from 'preact/hooks'
import type { FaultRequest, FaultsView } from '#api'
import { actionWords, pointWords } from '#page/faults/recipes.ts'
import { submitting, useAction } from '#page/live/asking.ts'
import { about, post } from '#page/live/server.ts'
import { Trouble } from '#page/parts/words.tsx'

interface FaultFormProps {
  readonly view: FaultsView
  readonly changed: () => void
}

interface Fields {
  readonly service: string
  readonly point: string
  readonly action: FaultRequest['action']
  readonly type: string
  readonly nth: number
  readonly times: number
  readonly stallSeconds: number
  readonly minutes: number
}

const requestOf = ({ point, action, type, nth, times, stallSeconds, minutes }: Fields): FaultRequest => ({
  point,
  action,
  nth,
  times,
  forMs: minutes * 60_000,
  ...(type === '' ? {} : { type }),
  ...(action === 'stall' ? { stallMs: stallSeconds * 1_000 } : {}),
})

/** Any fault at any point of any service. */
export const FaultForm = ({ view, changed }: FaultFormProps) => {
  const { busy, error, run } = useAction()
  const [fields, setFields] = useState<Fields>({
    service: view.services[0]?.service ?? '',
    point: view.points[0] ?? '',
    action: 'crash',
    type: '',
    nth: 1,
    times: 1,
    stallSeconds: 5,
    minutes: 10,
  })
  const set = (change: Partial<Fields>) => setFields({ ...fields, ...change })
  const events = about.value?.lanes.flatMap((l) => l.events) ?? []
  const number = (name: 'nth' | 'times' | 'stallSeconds' | 'minutes', label: string, max: number) => (
    <label>
      {label}
      <input
        type="number"
        min="1"
        max={max}
        value={fields[name]}
        onInput={(e) => set({ [name]: e.currentTarget.valueAsNumber || 1 })}
      />
    </label>
  )
  return (
    <details class="own">
      <summary>Make one of your own</summary>
      <form onSubmit={submitting(() => run(() => post(`/api/faults/${fields.service}`, requestOf(fields))).then(changed))}>
        <label>
          Service
          <select value={fields.service} onChange={(e) => set({ service: e.currentTarget.value })}>
            {view.services.map((s) => (
              <option key={s.service}>{s.service}</option>
            ))}
          </select>
        </label>
        <label>
          What it does
          <select value={fields.action} onChange={(e) => set({ action: e.currentTarget.value as FaultRequest['action'] })}>
            {view.actions.map((a) => (
              <option key={a} value={a}>
                {actionWords[a]}
              </option>
            ))}
          </select>
        </label>
        <label class="long">
          Where
          <select value={fields.point} onChange={(e) => set({ point: e.currentTarget.value })}>
            {view.points.map((p) => (
              <option key={p} value={p}>
                {pointWords[p] ?? p}
              </option>
            ))}
          </select>
        </label>
        <label>
          On which event
          <select value={fields.type} onChange={(e) => set({ type: e.currentTarget.value })}>
            <option value="">any</option>
            {events.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </select>
        </label>
        {number('nth', 'From pass', 1_000_000)}
        {number('times', 'So many times', 1_000_000)}
        {fields.action === 'stall' && number('stallSeconds', 'Seconds', 600)}
        {number('minutes', 'Off after minutes', 60)}
        <button type="submit" disabled={busy}>
          Switch it on
        </button>
      </form>
      {error && <Trouble>{error}</Trouble>}
    </details>
  )
}
