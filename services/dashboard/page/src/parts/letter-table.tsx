import { useState } from 'preact/hooks'
import type { DeadLetter, DeadLetterDetail, LetterResult, LetterSelection } from '#api'
import { eventWords, time } from '#page/format.ts'
import { useAction, useAsked } from '#page/live/asking.ts'
import { mayAct, post } from '#page/live/server.ts'
import { Json } from '#page/parts/scrollable.tsx'
import { OrderLink, Service, Trouble } from '#page/parts/words.tsx'

const kinds: Record<DeadLetter['kind'], string> = {
  undecodable: 'cannot be read',
  failed: 'could not be handled',
  held: 'waits behind one of its order',
  suspicious: 'contradicts what is known',
  unsendable: 'cannot be sent',
}

interface LetterTableProps {
  readonly letters: readonly DeadLetter[]
  /** Told after a replay or a discard. */
  readonly changed: () => void
}

/** Dead letters with their reasons, and what can be done about each. */
export const LetterTable = ({ letters, changed }: LetterTableProps) => {
  const [opened, setOpened] = useState<string>()
  return (
    <ul class="letter-list">
      {letters.map((letter) => {
        const id = `${letter.service} ${letter.id}`
        return (
          <li key={id} class={letter.needsAttention ? 'attention' : ''}>
            <div class="what">
              <p>
                <Service name={letter.service} /> <b>{letter.type ? eventWords(letter.type) : 'A record'}</b> {kinds[letter.kind]}
                {letter.key && (
                  <>
                    {' '}
                    · order <OrderLink id={letter.key} />
                  </>
                )}
              </p>
              <p class="why">{letter.error}</p>
              <p class="quiet">
                {letter.attempts} {letter.attempts === 1 ? 'attempt' : 'attempts'}, set aside at {time(letter.firstAt)}
                {letter.needsAttention && ' · half undone: this must be replayed, it cannot be discarded'}
              </p>
              {opened === id && <LetterDetail letter={letter} />}
            </div>
            <LetterActions
              letter={letter}
              changed={changed}
              opened={opened === id}
              open={() => setOpened(opened === id ? undefined : id)}
            />
          </li>
        )
      })}
    </ul>
  )
}

interface ActionProps {
  readonly letter: DeadLetter
  readonly changed: () => void
  readonly opened: boolean
  readonly open: () => void
}

const LetterActions = ({ letter, changed, opened, open }: ActionProps) => {
  const { busy, error, run } = useAction()
  const [said, setSaid] = useState<string>()
  const [asking, setAsking] = useState(false)
  const act = (verb: 'replay' | 'discard') =>
    run(async () => {
      const selection: LetterSelection = letter.key === null ? { id: letter.id } : { key: letter.key }
      const { letters } = await post<{ letters: readonly LetterResult[] }>(
        `/api/dead-letters/${letter.service}/${verb}`,
        verb === 'replay' ? selection : { id: letter.id },
      )
      setSaid(letters.map((l) => (l.error ? `${l.outcome}: ${l.error}` : l.outcome)).join(', '))
      setAsking(false)
      changed()
    })
  if (!mayAct()) return null
  return (
    <div class="actions">
      <button type="button" class="primary" disabled={busy} onClick={() => act('replay')}>
        Replay
      </button>
      {asking ? (
        <button type="button" class="danger" disabled={busy} onClick={() => act('discard')}>
          Discard for good
        </button>
      ) : (
        <button type="button" disabled={busy || letter.needsAttention} onClick={() => setAsking(true)}>
          Discard
        </button>
      )}
      <button type="button" class="plain" aria-expanded={opened} onClick={open}>
        {opened ? 'Hide' : 'Show'} the record
      </button>
      {said && (
        <p class="quiet" role="status">
          {said}
        </p>
      )}
      {error && <Trouble>{error}</Trouble>}
    </div>
  )
}

const LetterDetail = ({ letter }: { readonly letter: DeadLetter }) => {
  const { answer, error } = useAsked<DeadLetterDetail>(`/api/dead-letters/${letter.service}/${encodeURIComponent(letter.id)}`)
  if (error) return <Trouble>{error}</Trouble>
  if (!answer) return <p class="quiet">Asking for it …</p>
  return (
    <Json label="The record" value={{ position: answer.id, headers: answer.headers, key: answer.key, value: answer.value }} />
  )
}
