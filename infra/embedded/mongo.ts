import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BackendDefinition, EmbeddedBackend } from './backend.ts'
import { initialiseOnce } from './data-folder.ts'
import { accepts, loopback } from './ports.ts'

/** Which server stores the data. The two keep different files, so a folder stays with the one that it began with. */
export type MongoServer = { kind: 'mongod'; program: string } | { kind: 'java'; java: string; jars: string }

export interface MongoOptions {
  /** its data goes below this folder */
  folder: string
  port: number
  logFile: string
  /** @throws StartRefusal when that kind of server cannot be had here */
  server: (kind: MongoServer['kind'] | undefined) => Promise<MongoServer>
}

const storedIn = { mongod: 'data', java: 'data/store.mv' } as const

/** A standalone `mongod`, or the MongoDB server in Java (mongo-on-file/MongoOnFile.java). */
export const embeddedMongo = (options: MongoOptions): EmbeddedBackend => {
  const { folder, port, logFile } = options
  const data = join(folder, 'data')
  const definition: BackendDefinition = {
    name: 'MongoDB',
    port,
    startTimeoutMs: 60_000,
    stopTimeoutMs: 20_000,
    async prepare() {
      const { kind } = await initialiseOnce<{ kind: MongoServer['kind'] }>(
        'MongoDB',
        folder,
        (kept) => storedIn[kept.kind],
        async () => {
          const { kind } = await options.server(undefined)
          mkdirSync(data)
          if (kind === 'java') writeFileSync(join(folder, storedIn.java), '') // empty is what a new store begins with
          return { kind }
        },
      )
      const server = await options.server(kind)
      return { name: 'MongoDB', kind: 'backend', logFile, ...commandOf(server, data, port) }
    },
    // both open their port only when they serve
    isReady: () => accepts(port),
  }
  return new EmbeddedBackend(definition)
}

const commandOf = (server: MongoServer, data: string, port: number): { command: string; args: string[] } => {
  if (server.kind === 'mongod') {
    return {
      command: server.program,
      args: ['--dbpath', data, '--bind_ip', loopback, '--port', String(port), '--wiredTigerCacheSizeGB', '0.25'],
    }
  }
  const memory = ['-Xms64m', '-Xmx768m', '-XX:+UseSerialGC']
  const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true']
  return {
    command: server.java,
    args: [...memory, ...logging, '-cp', server.jars, 'MongoOnFile', join(data, 'store.mv'), loopback, String(port)],
  }
}
