import type { DeadLettersView, FaultsView } from '#api'
import { FaultForm } from '#page/faults/form.tsx'
import { Invariants } from '#page/faults/invariants.tsx'
import { Processes } from '#page/faults/processes.tsx'
import { Running } from '#page/faults/running.tsx'
import { Switches } from '#page/faults/switches.tsx'
import { TokenForm } from '#page/faults/token.tsx'
import { useAsked } from '#page/live/asking.ts'
import { about, mayAct } from '#page/live/server.ts'
import { flowLive } from '#page/live/stream.ts'
import { LetterTable } from '#page/parts/letter-table.tsx'
import { Standstills } from '#page/parts/standstills.tsx'
import { Empty, Trouble } from '#page/parts/words.tsx'

const refreshMs = 1_500

/** Where things are made to go wrong, and where it is seen that they went right. */
export const Faults = () => {
  const faults = useAsked<FaultsView>('/api/faults', refreshMs)
  const letters = useAsked<DeadLettersView>('/api/dead-letters', refreshMs)
  const actions = about.value?.actions
  return (
    <>
      <div class="page-head">
        <h1>Faults</h1>
        <p>Make a service fail at a chosen point, watch orders wait and recover, and see that every invariant still holds.</p>
      </div>
      {flowLive.value && <Standstills flow={flowLive.value} />}
      {actions && !actions.enabled && <p class="note">{actions.how}</p>}
      {actions?.enabled && !actions.tokenValid && <TokenForm how={actions.how} />}
      <div class="faults">
        <section aria-labelledby="switches-title">
          <h2 id="switches-title">Make it fail</h2>
          {faults.error && <Trouble>{faults.error}</Trouble>}
          {faults.answer && !faults.answer.enabled && actions?.enabled && (
            <p class="note">The services were started without fault points.</p>
          )}
          {faults.answer && <Running view={faults.answer} changed={faults.again} />}
          {faults.answer && <Switches view={faults.answer} enabled={mayAct() && faults.answer.enabled} changed={faults.again} />}
          {faults.answer?.enabled && mayAct() && <FaultForm view={faults.answer} changed={faults.again} />}
        </section>
        <div>
          <section aria-labelledby="letters-title">
            <h2 id="letters-title">Dead letters</h2>
            <p class="quiet">Messages that a service could not handle. Their orders wait there, all others go on.</p>
            {letters.error && <Trouble>{letters.error}</Trouble>}
            {letters.answer?.errors.map((e) => (
              <Trouble key={e.service}>
                {e.service}: {e.detail}
              </Trouble>
            ))}
            {letters.answer && !letters.answer.enabled && (
              <p class="note">Dead letters can be listed only when actions are enabled.</p>
            )}
            {letters.answer?.enabled && letters.answer.deadLetters.length === 0 && (
              <Empty title="Nothing is set aside">Switch on “One order is poison” and place an order to see one.</Empty>
            )}
            {letters.answer && letters.answer.deadLetters.length > 0 && (
              <LetterTable letters={letters.answer.deadLetters} changed={letters.again} />
            )}
          </section>
          <Processes />
        </div>
        <Invariants />
      </div>
    </>
  )
}
