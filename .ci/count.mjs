// Adds up the results that each workspace's vitest wrote: prints "passed failed skipped".
import { readdirSync, readFileSync } from 'node:fs'

const { workspaces } = JSON.parse(readFileSync('package.json', 'utf8'))
const under = (top) => readdirSync(top).map((name) => `${top}/${name}`)
const folders = workspaces.flatMap((pattern) => (pattern.endsWith('/*') ? under(pattern.slice(0, -2)) : [pattern]))
const counts = { passed: 0, failed: 0, skipped: 0 }
for (const folder of [...folders, '.']) {
  let results
  try {
    results = JSON.parse(readFileSync(`${folder}/.turbo/test-results.json`, 'utf8'))
  } catch {
    continue
  }
  counts.passed += results.numPassedTests
  counts.failed +=
    results.numFailedTests + results.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length
  counts.skipped += results.numPendingTests + results.numTodoTests
}
console.log(counts.passed, counts.failed, counts.skipped)
