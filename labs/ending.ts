/** Aborted by the first Ctrl-C or SIGTERM; the second one ends this process at once, and what it started with it. */
export const endOnRequest = (say: (line: string) => void): AbortSignal => {
  const ending = new AbortController()
  const end = (why: string) => {
    if (ending.signal.aborted) process.exit(1)
    say(`${why}: stopping all servers (once more ends them at once)`)
    ending.abort(new Error(why))
  }
  process.on('SIGINT', () => end('Ctrl-C')).on('SIGTERM', () => end('SIGTERM'))
  return ending.signal
}
