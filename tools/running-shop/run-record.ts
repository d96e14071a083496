export interface RecordedProcess {
  pid: number
  /** tells it from a later process with the same pid */
  identity: string | undefined
  url: string
  log: string
}

/** `<data folder>/run.json`: what runs now, for fault scripts and the checker. It is there from the first process to a clean stop. */
export interface RunRecord {
  pid: number
  startedAt: string
  dataDir: string
  kafkaBrokers: string
  postgresUrl: string
  mongoUrl: string
  /** for the services' admin routes; only the owner of the file may read it */
  adminToken: string
  /** where fault scripts ask the process that runs the shop; absent until the services run */
  doorUrl?: string
  /** a backend given by the environment is not here: it is not ours */
  backends: Record<string, RecordedProcess>
  /** `url` is the base URL, without a path; a service that is down just now is missing; `database` is, where it has none */
  services: Record<string, RecordedProcess & { database?: string }>
  /** what else runs: further processes of a service, the proxies of --faults */
  others: Record<string, RecordedProcess>
}
