import type { Log, StopStep } from '@shop/service-host'

/** Does it at once and then again and again, one after the other, with a rest between; a failure is logged, and waits for the next time. */
export const repeatedly = (name: string, restMs: number, work: () => Promise<void>, log: Log): StopStep => {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const run = (): Promise<void> =>
    work()
      .catch((err) => log.warn({ err }, `${name}: not this time`))
      .finally(() => {
        if (isStopped) return
        timer = setTimeout(() => {
          running = run()
        }, restMs)
      })
  let running = run()
  return {
    name,
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
