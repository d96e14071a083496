/**
 * `node --import …/steppable-clock.ts`, with an IPC channel: the wall clock of the process is set by a message `{ clockOffsetMs }`, from the
 * true time. `performance.now()` and timers go on, as the kernel's do when somebody sets the clock.
 */
const TrueDate = Date
let offsetMs = 0

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [TrueDate.now() + offsetMs] : args, newTarget),
  apply: () => new TrueDate(TrueDate.now() + offsetMs).toString(),
  get: (target, name, receiver) => (name === 'now' ? () => TrueDate.now() + offsetMs : Reflect.get(target, name, receiver)),
})

process.on('message', (message: { readonly clockOffsetMs: number }) => {
  offsetMs = message.clockOffsetMs
  process.stdout.write(`clock ${new Date().toISOString()}\n`)
})
process.channel?.unref()
