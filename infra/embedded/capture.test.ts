import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { planCapture } from './capture.ts'
import { makeFolder, removeFolder } from './testing/temporary-folder.ts'

let dataDir = ''
beforeAll(() => {
  dataDir = makeFolder()
})
afterAll(() => removeFolder(dataDir))

const options = () => ({ dataDir, ports: 'fixed' as const, env: { ...process.env, CONNECT_PORT: '18083' }, log: () => {} })

test('a shop whose services relay by themselves needs nothing of it', async () => {
  expect(await planCapture('outbox', options())).toBeUndefined()
})

test('a folder of change data capture is not started without it: no relay would find what is in the log', async () => {
  expect((await planCapture('cdc', options()))?.wantedPort).toEqual({
    port: 18_083,
    name: 'Kafka Connect',
    setting: 'CONNECT_PORT',
  })
  mkdirSync(join(dataDir, 'connect'))
  await expect(planCapture('outbox', options())).rejects.toThrow('was started with --relay cdc')
})
