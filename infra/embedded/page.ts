import { execFile } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './backends.ts'
import { type Log, step } from './progress.ts'

const buildTimeoutMs = 120_000
const dashboardFolder = join(root, 'services', 'dashboard')
const pageSources = ['page/index.html', 'page/vite.config.ts', 'page/{src,public}/**/*', 'src/api.ts', 'package.json']

/** Builds the dashboard's page unless that was done since its sources last changed. When it cannot be built, the shop starts without it. */
export const buildPage = async (log: Log): Promise<void> => {
  if (!existsSync(join(dashboardFolder, 'page', 'index.html')) || isBuilt()) return
  try {
    await step(log, "building the dashboard's page", build)
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    const reason = stderr.trim().split('\n').at(-1) || message.split('\n')[0]
    log(`the dashboard's page cannot be built (npm run build --workspace services/dashboard): ${reason}`)
  }
}

const build = () => {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  return promisify(execFile)(process.execPath, [vite, 'build', 'page'], { cwd: dashboardFolder, timeout: buildTimeoutMs })
}

const changedAt = (file: string): number => statSync(join(dashboardFolder, file)).mtimeMs

const isBuilt = (): boolean => {
  const built = join('page', 'dist', 'index.html')
  if (!existsSync(join(dashboardFolder, built))) return false
  return globSync(pageSources, { cwd: dashboardFolder }).every((file) => changedAt(file) <= changedAt(built))
}
