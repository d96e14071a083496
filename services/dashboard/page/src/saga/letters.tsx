import type { DeadLettersView, Saga } from '#api'
import { useAsked } from '#page/live/asking.ts'
import { LetterTable } from '#page/parts/letter-table.tsx'
import { Empty } from '#page/parts/words.tsx'

/** The messages of this order that were set aside, and whether they still are. */
export const Letters = ({ saga }: { readonly saga: Saga }) => {
  const { answer, error, again } = useAsked<DeadLettersView>(`/api/dead-letters?key=${saga.order.orderId}`, 2_000)
  const open = answer?.deadLetters ?? []
  const past = saga.deadLetters.filter(
    (d) => !open.some((o) => `${o.id}/`.startsWith(`${d.position}/`) && o.service === d.consumer),
  )
  return (
    <section class="letters" aria-labelledby="letters-title">
      <h2 id="letters-title">Set aside</h2>
      {error && <p role="alert">{error}</p>}
      {open.length > 0 && <LetterTable letters={open} changed={again} />}
      {answer && open.length === 0 && (
        <Empty title="Nothing of this order is set aside any more">What was set aside has been replayed or discarded.</Empty>
      )}
      {answer && past.length > 0 && (
        <ul class="past">
          {past.map((d) => (
            <li key={d.copy}>
              {d.consumer} had set {d.type ?? 'a record'} aside after {d.attempts} attempts: {d.error}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
