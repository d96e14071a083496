/** Spreads jobs over worker threads. */
import { Worker } from 'node:worker_threads'
import type { Result } from './campaign.ts'
import type { Done, Job } from './worker.ts'

const nextOf = (worker: Worker): Promise<Done> =>
  new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', onMessage)
      worker.off('error', onError)
    }
    const onMessage = (done: Done) => {
      settle()
      resolve(done)
    }
    const onError = (error: unknown) => {
      settle()
      reject(error)
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
  })

/** Does all jobs, each by one of `threadCount` threads. @throws Error when a thread fails; the others are ended then. */
export const doJobs = async <J extends Job>(
  jobs: readonly J[],
  threadCount: number,
  onDone: (job: J, result: Result) => void,
): Promise<void> => {
  const waiting = [...jobs]
  const workers = Array.from(
    { length: Math.min(threadCount, jobs.length) },
    () => new Worker(new URL('./worker.ts', import.meta.url)),
  )
  const serve = async (worker: Worker): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const answer = nextOf(worker)
      worker.postMessage({ ...job })
      const done = await answer
      if ('error' in done) throw new Error(done.error)
      onDone(job, done.result)
    }
  }
  try {
    await Promise.all(workers.map(serve))
  } finally {
    await Promise.all(workers.map((w) => w.terminate()))
  }
}
