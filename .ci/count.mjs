// Adds up the results that each workspace's vitest wrote: prints "passed failed skipped".
import { readdirSync, readFileSync } from 'node:fs'

const folders = ['packages', 'services'].flatMap((top) => readdirSync(top).map((name) => `${top}/${name}`))
const counts = { passed: 0, failed: 0, skipped: 0 }
for (const folder of [...folders, 'infra', 'test', '.']) {
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
