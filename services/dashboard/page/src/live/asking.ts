import { useEffect, useState } from 'preact/hooks'
import { get, Refused } from '#page/live/server.ts'

export interface Asked<Answer> {
  readonly answer: Answer | undefined
  /** A sentence; the last answer stays beside it. */
  readonly error: string | undefined
  readonly again: () => void
}

/** Asks for `path`, again every `everyMs` while the page is seen, and whenever `again` is called. '' asks nothing. */
export const useAsked = <Answer>(path: string, everyMs?: number): Asked<Answer> => {
  const [answer, setAnswer] = useState<Answer>()
  const [error, setError] = useState<string>()
  const [round, setRound] = useState(0)
  // `round` asks again
  useEffect(() => {
    if (path === '') return
    let gone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      try {
        if (document.visibilityState === 'visible' || round === 0) {
          const got = await get<Answer>(path)
          if (gone) return
          setAnswer(got)
          setError(undefined)
        }
      } catch (problem) {
        if (gone) return
        setError(problem instanceof Refused ? problem.message : String(problem))
      }
      if (everyMs !== undefined && !gone) timer = setTimeout(ask, everyMs)
    }
    void ask()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [path, everyMs, round])
  return { answer, error, again: () => setRound((n) => n + 1) }
}

/** Runs an action of a button: while it runs the button rests, and what went wrong is said beside it. */
export const useAction = () => {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (problem) {
      setError(problem instanceof Refused ? problem.message : String(problem))
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}

/** What a form does instead of leaving the page. */
export const submitting = (work: () => unknown) => (event: Event) => {
  event.preventDefault()
  void work()
}
