import { useEffect, useState } from 'preact/hooks'
import type { FaultsView } from '#api'
import { actionWords, pointWords } from '#page/faults/recipes.ts'
import { duration, eventWords, time } from '#page/format.ts'
import { useAction } from '#page/live/asking.ts'
import { mayAct, remove } from '#page/live/server.ts'
import { Service, Trouble } from '#page/parts/words.tsx'

/** "at 14:03:20, in 4 min 10 s", counting down. */
export const Remaining = ({ at }: { readonly at: string }) => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const left = Math.max(0, Math.round((Date.parse(at) - now) / 1_000) * 1_000)
  return (
    <span>
      at {time(at)}, in {duration(left)}
    </span>
  )
}

interface RunningProps {
  readonly view: FaultsView
  readonly changed: () => void
}

/** All faults that are switched on now, whoever switched them on. */
export const Running = ({ view, changed }: RunningProps) => {
  const { busy, error, run } = useAction()
  const on = view.services.flatMap((s) => s.faults.map((fault) => ({ service: s.service, fault })))
  return (
    <div class="running">
      {view.services
        .filter((s) => s.error !== undefined)
        .map((s) => (
          <Trouble key={s.service}>
            {s.service}: {s.error}
          </Trouble>
        ))}
      {on.length > 0 && (
        <>
          <div class="head">
            <h3>
              {on.length} {on.length === 1 ? 'fault is' : 'faults are'} on
            </h3>
            {mayAct() && (
              <button type="button" disabled={busy} onClick={() => run(() => remove('/api/faults')).then(changed)}>
                Switch all off
              </button>
            )}
          </div>
          <ul>
            {on.map(({ service, fault }) => (
              <li key={`${service} ${fault.id}`}>
                <p>
                  <Service name={service} /> {actionWords[fault.action]} {pointWords[fault.point] ?? `at ${fault.point}`}
                  {fault.type && `, on ${eventWords(fault.type).toLowerCase()}`}
                  {fault.stallMs !== undefined && `, for ${duration(fault.stallMs)}`}
                </p>
                <p class="quiet">
                  passed {fault.passes} times
                  {fault.endsAt && (
                    <>
                      {' '}
                      · ends <Remaining at={fault.endsAt} />
                    </>
                  )}
                </p>
                {mayAct() && (
                  <button
                    type="button"
                    class="plain"
                    disabled={busy}
                    onClick={() => run(() => remove(`/api/faults/${service}/${encodeURIComponent(fault.id)}`)).then(changed)}
                  >
                    Switch off<span class="unseen"> this fault of {service}</span>
                  </button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {error && <Trouble>{error}</Trouble>}
    </div>
  )
}
