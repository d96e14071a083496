/** The machine's Chromium, installed where that can be done. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const installMsMax = 300_000

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const onPath = (): string | undefined => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

/** Debian's package: for root alone, as in a container that runs the tests. */
const install = (): void => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  console.log('browser tests: installing Chromium with apt-get …')
  const run = (...args: string[]) => execFileSync('apt-get', args, { stdio: 'ignore', timeout: installMsMax })
  try {
    run('update')
    run('install', '--yes', '--no-install-recommends', 'chromium')
  } catch (error) {
    console.log(`browser tests: Chromium cannot be installed: ${(error as Error).message.split('\n')[0]}`)
  }
}

/**
 * The program of `CHROMIUM`, else one of the PATH, else one that apt-get installs for us; `undefined` when none can be had.
 * @throws Error when `CHROMIUM` names no program.
 */
export const findChromium = (): string | undefined => {
  const given = process.env.CHROMIUM
  if (given) {
    if (!isProgram(given)) throw new Error(`CHROMIUM=${given} is no program`)
    return given
  }
  const found = onPath()
  if (found) return found
  install()
  return onPath()
}

/** A browser of its own, with nothing from before in it, that asks nobody for anything. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
