import { useEffect, useState } from 'preact/hooks'
import type { CheckView, Invariant } from '#api'
import { count, duration, time } from '#page/format.ts'
import { useAction, useAsked } from '#page/live/asking.ts'
import { mayAct, post } from '#page/live/server.ts'
import { OrderLink, Trouble } from '#page/parts/words.tsx'

const refreshMs = 2_000
const byItselfMs = 30_000

/** What must hold whatever happens, as `npm run check` found it. */
export const Invariants = () => {
  const { answer, error, again } = useAsked<CheckView>('/api/check', refreshMs)
  const { busy, error: failed, run } = useAction()
  const [byItself, setByItself] = useState(false)
  const check = () => run(() => post('/api/check', { waitSeconds: 10 })).then(again)
  // begins anew only with the choice
  useEffect(() => {
    if (!byItself) return
    void check()
    const timer = setInterval(check, byItselfMs)
    return () => clearInterval(timer)
  }, [byItself])
  const last = answer?.last
  return (
    <section class="invariants" aria-labelledby="invariants-title">
      <div class="head">
        <h2 id="invariants-title">Invariants</h2>
        {answer?.available && mayAct() && (
          <div class="actions">
            <label class="tick">
              <input type="checkbox" checked={byItself} onChange={(e) => setByItself(e.currentTarget.checked)} />
              every {duration(byItselfMs)}
            </label>
            <button type="button" disabled={busy || answer.running} onClick={check}>
              {answer.running ? 'Checking …' : 'Check now'}
            </button>
          </div>
        )}
      </div>
      {error && <Trouble>{error}</Trouble>}
      {failed && <Trouble>{failed}</Trouble>}
      {answer && !answer.available && (
        <p class="note">
          The databases cannot be reached from here. Run <code>{answer.command}</code>
        </p>
      )}
      {answer?.available && !last && (
        <p class="quiet">
          {answer.running ? 'The first check is under way.' : 'Not checked yet.'} By hand: <code>{answer.command}</code>
        </p>
      )}
      {last && <Verdict last={last} />}
      {last && last.invariants.length > 0 && (
        <ul class="invariant-list">
          {last.invariants.map((i) => (
            <Row key={i.id} invariant={i} />
          ))}
        </ul>
      )}
    </section>
  )
}

const Verdict = ({ last }: { readonly last: NonNullable<CheckView['last']> }) => {
  const violated = last.invariants.filter((i) => i.outcome === 'violated').length
  return (
    <div role="status">
      {last.error !== undefined ? (
        <Trouble>{last.error}</Trouble>
      ) : (
        <p class={violated > 0 ? 'verdict bad' : 'verdict good'}>
          {violated > 0 ? `${violated} of ${last.invariants.length} are violated` : `All ${last.invariants.length} hold`}
        </p>
      )}
      <p class="quiet">
        Checked at {time(last.at)} in {duration(last.tookMs)}.
        {last.notAtRest.length > 0 && ` Not at rest: ${last.notAtRest.join(', ')}. Some may be violated only for now.`}
      </p>
    </div>
  )
}

const outcomeWords = { holds: 'holds', violated: 'violated', 'not-checked': 'not checked' } as const
const outcomeSigns = {
  holds: 'M2 6.500 5 9.500 10.500 3',
  violated: 'M3 3 9.500 9.500M9.500 3 3 9.500',
  'not-checked': 'M3 6.500H9.500',
} as const

const Row = ({ invariant: { title, outcome, figures, violationCount, violations } }: { readonly invariant: Invariant }) => (
  <li class={outcome}>
    <svg viewBox="0 0 12 12" width="14" height="14" role="img" aria-label={outcomeWords[outcome]}>
      <path d={outcomeSigns[outcome]} />
    </svg>
    <div>
      <p>{title}</p>
      <p class="quiet">
        {Object.entries(figures)
          .map(([name, value]) => `${name} ${count(value)}`)
          .join(' · ')}
      </p>
      {violations.length > 0 && (
        <ul>
          {violations.map((v) => (
            <li key={v.text}>
              {v.text} {v.orderId && <OrderLink id={v.orderId} />}
            </li>
          ))}
          {violationCount > violations.length && <li>and {count(violationCount - violations.length)} more</li>}
        </ul>
      )}
    </div>
  </li>
)
