/** What each image holds: its own service, the packages and the database driver that this one uses, and nothing that only tests need. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { participants } from '@shop/manifest'
import { expect, test } from 'vitest'
import { projectName } from './project.ts'

const entriesOf = `
  const { existsSync, readdirSync } = require('node:fs')
  const at = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : [])
  const [rooms, services, packages, installed, linked] = ['/app', '/app/services', '/app/packages', '/app/node_modules', '/app/node_modules/@shop'].map(at)
  const dangling = linked.filter((name) => !existsSync('/app/node_modules/@shop/' + name))
  console.log(JSON.stringify({ rooms, services, packages, dangling, drivers: installed.filter((name) => ['mongoose', 'pg'].includes(name)) }))`

/** What stands in `/app` of the image that compose built for this service. */
const contents = async (service: string): Promise<Record<string, readonly string[]>> => {
  const command = ['run', '--rm', '--network', 'none', '--entrypoint', 'node', `${projectName}-${service}`, '-e', entriesOf]
  return JSON.parse((await promisify(execFile)('docker', command, { timeout: 60_000 })).stdout)
}

test.each(participants)('the image of $name holds its own driver, $database, and no other', async ({ name, database }) => {
  const { rooms, services, packages, drivers, dangling } = await contents(name)
  expect(rooms).toEqual(['node_modules', 'package.json', 'packages', 'services'])
  expect(services).toEqual([name])
  expect(drivers).toEqual([database === 'mongo' ? 'mongoose' : 'pg'])
  expect(packages?.filter((folder) => folder.startsWith('store-'))).toEqual([`store-${database}`])
  expect(dangling).toEqual([])
})

test('the image of the dashboard holds no database driver', async () => {
  const { services, packages, drivers, dangling } = await contents('dashboard')
  expect({ services, drivers, dangling }).toEqual({ services: ['dashboard'], drivers: [], dangling: [] })
  expect(packages?.filter((folder) => folder.startsWith('store-'))).toEqual([])
})

test('the image for what looks at the whole shop holds nothing of the tests', async () => {
  const { rooms, dangling } = await contents('init')
  expect(rooms).toEqual(['infra', 'node_modules', 'package.json', 'packages', 'services', 'tools'])
  expect(dangling).toEqual([])
})
