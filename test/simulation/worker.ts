/** A thread that does jobs until it is told to end. */
import { parentPort } from 'node:worker_threads'
import { bugs } from './bugs/index.ts'
import { type Result, runSeeds } from './campaign.ts'

export interface Job {
  readonly from: number
  readonly count: number
  /** The name of a planted bug. */
  readonly bug?: string | undefined
  readonly untilFailure?: boolean
}

export type Done = { readonly result: Result } | { readonly error: string }

parentPort?.on('message', async ({ from, count, bug: name, untilFailure = false }: Job) => {
  try {
    const bug = name === undefined ? undefined : bugs.find((b) => b.name === name)
    if (name !== undefined && bug === undefined) throw new Error(`there is no bug called ${name}`)
    const result = await runSeeds(from, count, { bug, untilFailure })
    parentPort?.postMessage({ result } satisfies Done)
  } catch (error) {
    parentPort?.postMessage({ error: (error as Error).stack ?? String(error) } satisfies Done)
  }
})
