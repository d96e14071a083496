/**
 * Runs the tasks of all processes one at a time, each until it pauses or ends. What a task awaits otherwise is done at once (memory,
 * no I/O), so exactly one is under way whenever the scheduler waits, and who goes on is the caller's choice alone.
 */
export interface Task<Owner> {
  readonly owner: Owner
  readonly name: string
}

interface Paused<Owner> extends Task<Owner> {
  readonly goOn: () => void
}

export class Scheduler<Owner> {
  #paused: Paused<Owner>[] = []
  #running: Task<Owner> | undefined
  #stopped: () => void = () => {}
  #error: unknown

  get pausedCount(): number {
    return this.#paused.length
  }

  /** Starts a task and resolves when it paused, ended or was dropped. @throws what the task throws. */
  start(owner: Owner, name: string, work: () => Promise<unknown>): Promise<void> {
    return this.#letRun({ owner, name }, () => {
      work().then(
        () => this.#stopped(),
        (error) => {
          this.#error = error
          this.#stopped()
        },
      )
    })
  }

  /** Lets the paused task at `index` go on. @returns which one that was. */
  async goOn(index: number): Promise<Task<Owner>> {
    const [task] = this.#paused.splice(index, 1)
    if (task === undefined) throw new Error(`no task ${index} is paused`)
    await this.#letRun(task, task.goOn)
    return task
  }

  async #letRun(task: Task<Owner>, go: () => void): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    this.#running = task
    go()
    await stopped
    this.#running = undefined
    if (this.#error === undefined) return
    const error = this.#error
    this.#error = undefined
    throw error
  }

  /** Pauses the task under way until `goOn`. */
  pause(): Promise<void> {
    const task = this.#running
    if (task === undefined) throw new Error('no task is under way')
    return new Promise((goOn) => {
      this.#paused.push({ ...task, goOn })
      this.#stopped()
    })
  }

  /** Ends the task under way where it stands, as a kill does: nothing of it runs any more, no `finally` either. */
  vanish(): Promise<never> {
    this.#stopped()
    return new Promise(() => {})
  }

  /** Drops all paused tasks of an owner. */
  drop(owner: Owner): void {
    this.#paused = this.#paused.filter((t) => t.owner !== owner)
  }
}
