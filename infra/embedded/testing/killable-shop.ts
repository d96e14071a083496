/** Starts a shop in the folder given as argument, prints its pids and stays: for tests that kill it from outside. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRecord } from '@shop/tools/running-shop'
import { startShop } from '../shop.ts'

const [dataDir, folder] = process.argv.slice(2) as [string, string]
const entry = { name: 'order', folder, port: 0, database: 'mongo' } as const
const log = (line: string) => console.error(line)
await startShop({ dataDir, ports: 'free', services: [entry], initScript: '/none', log })
const { services, backends } = JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as RunRecord
console.log(JSON.stringify([...Object.values(services), ...Object.values(backends)].map(({ pid }) => pid)))
setInterval(() => {}, 60_000)
