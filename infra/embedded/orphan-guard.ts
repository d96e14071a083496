import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/*
 * No child may outlive this process, even when this process dies by SIGKILL and can clean up nothing.
 *
 * The children run in sessions of their own (so Ctrl-C in the terminal reaches only the main process, which then stops them in
 * order), which also means that nobody ends them when the main process vanishes. So one small shell per main process reads from a
 * pipe whose only writer is the main process. The kernel closes that pipe however the main process ends; the shell then ends
 * what it was told of: services first, backends after them, with SIGKILL for what does not go in time.
 *
 * Why one shell for all, and not a parent between us and each child: the children stay our direct children, so their pid, exit code
 * and signal are exact; a shell is 1 MB where a Node process is 40. Why not Linux's PDEATHSIG: macOS has none, and it fires when
 * the *thread* that spawned the child ends, which is wrong under a test runner's worker threads.
 */
const guardScript = `
trap '' INT TERM HUP
services= backends=
without() { left=; for e in $1; do [ "\${e%%:*}" = "$2" ] || left="$left $e"; done; echo "$left"; }
end_all() {
  for e in $1; do kill -"\${e#*:}" "\${e%%:*}" 2>/dev/null; done
  for i in $(seq "$2"); do
    alive=; for e in $1; do kill -0 "\${e%%:*}" 2>/dev/null && alive=1; done
    [ -n "$alive" ] || return
    sleep 0.1
  done
  for e in $1; do kill -KILL "\${e%%:*}" 2>/dev/null; done
}
while read -r op kind pid signal; do
  case "$op $kind" in
    '+ service') services="$services $pid:$signal" ;;
    '+ backend') backends="$backends $pid:$signal" ;;
    '- service') services=$(without "$services" "$pid") ;;
    '- backend') backends=$(without "$backends" "$pid") ;;
  esac
done
end_all "$services" 50
end_all "$backends" 100
`

export type GuardedKind = 'service' | 'backend'
interface Guarded {
  kind: GuardedKind
  pid: number
  endSignal: 'SIGTERM' | 'SIGINT'
}

const guarded = new Map<number, Guarded>()
let guard: ChildProcess | undefined

/** Has this process ended (by `endSignal`, later by SIGKILL) once the calling process is gone. Call it in the same tick as the spawn. */
export const guardAgainstOrphaning = (child: Guarded): void => {
  guarded.set(child.pid, child)
  if (guard) tell(`+ ${line(child)}`)
  else startGuard()
}

/** The process has ended: its pid may soon be another's. */
export const noLongerGuarded = (pid: number): void => {
  const child = guarded.get(pid)
  if (!child) return
  guarded.delete(pid)
  tell(`- ${line(child)}`)
}

const startGuard = () => {
  const shell = spawn('/bin/sh', ['-c', guardScript, 'shop-orphan-guard'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard = shell
  shell.unref()
  // a pipe of a child is a socket to Node, though its type does not say so
  const pipe = shell.stdin as unknown as Socket
  pipe.unref()
  pipe.on('error', () => {}) // the exit below follows and starts another
  shell.once('exit', () => {
    guard = undefined
    if (guarded.size > 0) startGuard()
  })
  for (const child of guarded.values()) tell(`+ ${line(child)}`)
}

const tell = (text: string) => guard?.stdin?.write(`${text}\n`)
const line = ({ kind, pid, endSignal }: Guarded) => `${kind} ${pid} ${endSignal.slice('SIG'.length)}`
