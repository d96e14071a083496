import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { initialiseOnce, openDataFolder } from './data-folder.ts'
import { takeLock } from './lock-file.ts'
import { processIdentity } from './process-identity.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

test('only one shop at a time in a folder', () => {
  const dir = temporaryFolder()
  const data = openDataFolder(dir)
  expect(() => openDataFolder(dir)).toThrow(`the shop already runs in ${dir} (pid ${process.pid})`)
  data.release()
  openDataFolder(dir).release()
})

test('a lock of a process that is gone, or whose pid is another’s now, is taken over', async () => {
  const file = join(temporaryFolder(), 'lock')
  const gone = spawn('true')
  const identity = processIdentity(gone.pid as number)
  await new Promise((resolve) => gone.once('exit', resolve))
  for (const owner of [{ pid: gone.pid, identity }, { pid: process.pid, identity: 'another boot/1' }, 'not json']) {
    writeFileSync(file, JSON.stringify(owner))
    const lock = takeLock(file)
    expect(lock).toHaveProperty('release')
    ;(lock as { release(): void }).release()
  }
})

test('a foreign folder is neither used nor emptied', () => {
  const dir = temporaryFolder()
  writeFileSync(join(dir, 'thesis.tex'), 'years of work')
  for (const fresh of [false, true])
    expect(() => openDataFolder(dir, { fresh })).toThrow(/is no data folder of the shop \(it holds thesis.tex/)
  expect(readdirSync(dir)).toEqual(['thesis.tex'])
})

test('--fresh keeps the fetched jars only', () => {
  const dir = temporaryFolder()
  openDataFolder(dir).release()
  for (const name of ['jars', 'kafka', 'postgres']) mkdirSync(join(dir, name))
  openDataFolder(dir, { fresh: true }).release()
  expect(readdirSync(dir).sort()).toEqual(['jars', 'logs', 'shop-data.json'])
})

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is named', () => {
  expect(() => openDataFolder('/proc/shop')).toThrow('/proc/shop cannot be')
})

test('an interrupted initialisation is begun anew, a folder that lost its files is not', async () => {
  const folder = join(temporaryFolder(), 'postgres')
  const initialise = (fill: () => void) =>
    initialiseOnce(
      'PostgreSQL',
      folder,
      () => 'PG_VERSION',
      async () => {
        fill()
        return { password: 'shop' }
      },
    )
  const interrupted = () => {
    writeFileSync(join(folder, 'half'), '')
    throw new Error('killed')
  }
  await expect(initialise(interrupted)).rejects.toThrow('killed')
  expect(existsSync(join(folder, 'half'))).toBe(true)

  expect(await initialise(() => writeFileSync(join(folder, 'PG_VERSION'), '17'))).toEqual({ password: 'shop' })
  expect(existsSync(join(folder, 'half'))).toBe(false)
  expect(await initialise(() => expect.unreachable())).toEqual({ password: 'shop' })

  rmSync(join(folder, 'PG_VERSION'))
  await expect(initialise(() => expect.unreachable())).rejects.toThrow(
    `${folder}, is only half there (${join(folder, 'PG_VERSION')} is missing`,
  )
  rmSync(join(folder, 'initialised'))
  writeFileSync(join(folder, 'base'), '')
  await expect(initialise(() => expect.unreachable())).rejects.toThrow('npm start -- --fresh')
})
