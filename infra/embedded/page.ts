import { execFile } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './backends.ts'
import { type Log, step } from './progress.ts'

const BUILD_TIMEOUT_MS = 120_000
const SERVICE = join(ROOT, 'services', 'dashboard')
const SOURCES = ['page/index.html', 'page/vite.config.ts', 'page/{src,public}/**/*', 'src/api.ts', 'package.json']

/** Builds the dashboard's page unless that was done since its sources last changed. When it cannot be built, the shop starts without it. */
export async function buildPage(log: Log): Promise<void> {
  if (!existsSync(join(SERVICE, 'page', 'index.html')) || isBuilt()) return
  try {
    await step(log, "building the dashboard's page", build)
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    const reason = stderr.trim().split('\n').at(-1) || message.split('\n')[0]
    log(`the dashboard's page cannot be built (npm run build --workspace services/dashboard): ${reason}`)
  }
}

const build = () => {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  return promisify(execFile)(process.execPath, [vite, 'build', 'page'], { cwd: SERVICE, timeout: BUILD_TIMEOUT_MS })
}

const changedAt = (file: string): number => statSync(join(SERVICE, file)).mtimeMs

function isBuilt(): boolean {
  const built = join('page', 'dist', 'index.html')
  if (!existsSync(join(SERVICE, built))) return false
  return globSync(SOURCES, { cwd: SERVICE }).every((file) => changedAt(file) <= changedAt(built))
}
