/**
 * Runs the tasks of all processes one at a time, each until it pauses or ends. What a task awaits otherwise is done at once (memory,
 * no I/O), so exactly one is under way whenever the scheduler waits, and who goes on is the caller's choice alone.
 */
interface Task<Owner> {
  readonly owner: Owner
  readonly goOn: () => void
}

export class Scheduler<Owner> {
  #paused: Task<Owner>[] = []
  #running: Owner | undefined
  #stopped: () => void = () => {}
  #error: unknown

  get pausedCount(): number {
    return this.#paused.length
  }

  /** Starts a task and resolves when it paused, ended or was dropped. @throws what the task throws. */
  start(owner: Owner, work: () => Promise<unknown>): Promise<void> {
    return this.#letRun(owner, () => {
      work().then(
        () => this.#stopped(),
        (error) => {
          this.#error = error
          this.#stopped()
        },
      )
    })
  }

  /** Lets the paused task at `index` go on, until it pauses again or ends. */
  async goOn(index: number): Promise<void> {
    const [task] = this.#paused.splice(index, 1)
    if (task === undefined) throw new Error(`no task ${index} is paused`)
    await this.#letRun(task.owner, task.goOn)
  }

  async #letRun(owner: Owner, go: () => void): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    this.#running = owner
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
    const owner = this.#running
    if (owner === undefined) throw new Error('no task is under way')
    return new Promise((goOn) => {
      this.#paused.push({ owner, goOn })
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
