import type { ProcessesView, ProcessRequest } from '#api'
import { Remaining } from '#page/faults/running.tsx'
import { useAction, useAsked } from '#page/live/asking.ts'
import { mayAct, post } from '#page/live/server.ts'
import { Service, Trouble } from '#page/parts/words.tsx'

const refreshMs = 1_500
const forMs = 15_000

type Process = ProcessesView['processes'][number]

/** Done to it now; and undone by itself, where nobody wants it to stay so. */
const deeds = [
  { words: 'Kill', request: { action: 'kill' } },
  { words: 'Pause 15 s', request: { action: 'pause', forMs } },
  { words: 'Stop', request: { action: 'stop', forMs: 10 * 60_000 } },
] as const satisfies readonly { words: string; request: Omit<ProcessRequest, 'name'> }[]

const undoings: Readonly<Record<string, string>> = { resume: 'goes on', start: 'starts', scale: 'has one process again' }

/** The shop's processes, to be killed, paused and stopped. */
export const Processes = () => {
  const { answer, error, again } = useAsked<ProcessesView>('/api/processes', refreshMs)
  const { busy, error: failed, run } = useAction()
  const act = (request: ProcessRequest) => run(() => post('/api/processes', request)).then(again)
  return (
    <section class="processes" aria-labelledby="processes-title">
      <h2 id="processes-title">Processes</h2>
      <p class="quiet">
        A killed one comes back by itself after a second. A stopped one stays away for ten minutes, or until it is started.
      </p>
      {error && <Trouble>{error}</Trouble>}
      {failed && <Trouble>{failed}</Trouble>}
      {answer && !answer.available && <p class="note">{answer.how}</p>}
      {answer?.available && (
        <table>
          <thead class="unseen">
            <tr>
              <th scope="col">Process</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {answer.processes.map((p) => (
              <Row
                key={p.name}
                process={p}
                pending={answer.pending.find((u) => u.name === p.name)}
                disabled={busy || !mayAct()}
                act={act}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

interface RowProps {
  readonly process: Process
  readonly pending: ProcessesView['pending'][number] | undefined
  readonly disabled: boolean
  readonly act: (request: ProcessRequest) => Promise<void>
}

const Row = ({ process: { name, kind, pid }, pending, disabled, act }: RowProps) => {
  const isAway = kind === 'service' ? pid === undefined : pending?.action === 'start'
  const isPaused = pending?.action === 'resume'
  const button = (words: string, request: ProcessRequest) => (
    <button key={words} type="button" disabled={disabled} onClick={() => void act(request)}>
      {words}
      <span class="unseen"> {name}</span>
    </button>
  )
  return (
    <tr>
      <th scope="row">
        <Service name={name} />
        <small class={isAway || isPaused ? 'bad' : ''}>
          {isAway ? 'away' : isPaused ? 'stands still' : pid === undefined ? 'runs' : `pid ${pid}`}
        </small>
        {pending && (
          <small>
            {undoings[pending.action] ?? pending.action} <Remaining at={pending.at} />
          </small>
        )}
      </th>
      <td class="number">
        {isAway && button('Start', { action: 'start', name })}
        {isPaused && button('Let it go on', { action: 'resume', name })}
        {!isAway && !isPaused && deeds.map(({ words, request }) => button(words, { ...request, name }))}
      </td>
    </tr>
  )
}
