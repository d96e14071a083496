import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { onPath } from './java.ts'
import { StartRefusal } from './start-refusal.ts'

const run = promisify(execFile)
const accountName = 'postgres'

/** Who PostgreSQL runs as. */
export interface PostgresAccount {
  /** undefined: as ourselves */
  uid?: number
  gid?: number
  /** how a program is started as that account */
  running(program: string, args: readonly string[]): { command: string; args: string[]; uid?: number; gid?: number }
}

/**
 * PostgreSQL refuses to run as root. Root therefore starts it as the system's account `postgres`, which is made when there is none;
 * anyone else starts it as himself.
 *
 * That account may be unable to reach what root can: a clone below /root (mode 0700) hides both the programs and the data folder
 * from it. Then it is started in a user namespace of its own, or where that is not allowed with the one capability that file
 * permissions do not bind, which PostgreSQL does not mind.
 * @param mustReach paths that the account has to get at
 * @throws StartRefusal when root can neither make the account nor give it that capability
 */
export const findPostgresAccount = async (mustReach: readonly string[]): Promise<PostgresAccount> => {
  if (process.getuid?.() !== 0) return { running: (command, args) => ({ command, args: [...args] }) }
  const { uid, gid } = (await idsOf(accountName)) ?? (await makeAccount())
  if (await reaches(uid, gid, mustReach))
    return { uid, gid, running: (command, args) => ({ command, args: [...args], uid, gid }) }
  const namespaced = await inUserNamespace(mustReach)
  if (namespaced) return namespaced
  const setpriv = onPath('setpriv', process.env)
  const privileges = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup', // else access(2), which PostgreSQL's programs look for each other with, ignores the capability
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ]
  if (setpriv && (await succeeds(setpriv, [...privileges, 'test', '-r', mustReach[0] as string]))) {
    return { uid, gid, running: (program, args) => ({ command: setpriv, args: [...privileges, program, ...args] }) }
  }
  throw new StartRefusal(
    `PostgreSQL cannot run as root, and the account '${accountName}' cannot reach ${mustReach.join(' and ')}: clone to a folder that others may enter (not below /root), or run as an ordinary user`,
  )
}

/** Root under another number: PostgreSQL sees an ordinary user, and the file system still sees the owner of the folders. */
const inUserNamespace = async (mustReach: readonly string[]): Promise<PostgresAccount | undefined> => {
  const unshare = onPath('unshare', process.env)
  if (!unshare) return undefined
  const mapping = ['--user', '--map-user=1000', '--map-group=1000']
  for (const path of mustReach)
    if (!(await succeeds(unshare, [...mapping, 'test', '-r', path, '-a', '-x', path]))) return undefined
  return { running: (program, args) => ({ command: unshare, args: [...mapping, program, ...args] }) }
}

const idsOf = async (name: string): Promise<{ uid: number; gid: number } | undefined> => {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

const makeAccount = async (): Promise<{ uid: number; gid: number }> => {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', accountName])
  } catch (error) {
    throw new StartRefusal(
      `PostgreSQL cannot run as root and the account '${accountName}' cannot be made (${(error as Error).message.trim()}): make it, or run as an ordinary user`,
    )
  }
  const ids = await idsOf(accountName)
  if (!ids)
    throw new StartRefusal(
      `PostgreSQL cannot run as root and the account '${accountName}' is not there after useradd: run as an ordinary user`,
    )
  return ids
}

const reaches = async (uid: number, gid: number, paths: readonly string[]): Promise<boolean> => {
  for (const path of paths) if (!(await succeeds('test', ['-r', path, '-a', '-x', path], { uid, gid }))) return false
  return true
}

const succeeds = (command: string, args: readonly string[], identity = {}) =>
  run(command, [...args], { ...identity, cwd: '/' }).then(
    () => true,
    () => false,
  )
