/** What the compose files say of the services that take part in the choreography. Pure: from the manifest to lines of YAML. */
import type { ParticipantEntry } from '@shop/manifest'

type Services = readonly ParticipantEntry[]

/** How far a service's port is from the shop's first one: its number wherever it needs a port of its own. */
const numberOf = ({ port }: ParticipantEntry): number => port - 3_000

const serverPorts = { postgres: 5432, mongo: 27017 } as const

/** Where its database is; the server, or a proxy before it. */
const databaseUrl = ({ name, database }: ParticipantEntry, at: string): string =>
  database === 'mongo'
    ? `mongodb://${at}/shop_${name}`
    : `postgres://shop_${name}:\${SHOP_DB_PASSWORD:-shop}-${name}@${at}/shop_${name}`

const service = (entry: ParticipantEntry): string[] => {
  const { name, port, database, settings = {} } = entry
  return [
    `  ${name}:`,
    '    <<: *service',
    `    build: { context: ., dockerfile: infra/docker/Dockerfile, target: service, args: { SERVICE: ${name} } }`,
    '    environment:',
    '      <<: *environment',
    `      PORT: ${port}`,
    `      DATABASE_URL: ${databaseUrl(entry, `${database}:${serverPorts[database]}`)}`,
    ...Object.entries(settings).map(([setting, fallback]) => `      ${setting}: \${${setting}:-${fallback}}`),
    `    networks: [http, kafka, ${database}]`,
    `    depends_on: *uses-${database}`,
    '',
  ]
}

/** Of docker-compose.yml. */
export const composeRegions = (services: Services) => ({
  services: ['', ...services.flatMap(service)],
  'service urls': [
    `x-service-urls: &service-urls ${services.map(({ name, port }) => `${name}=http://${name}:${port}`).join(',')}`,
  ],
  ports: services.map(({ port }) => `      - "127.0.0.1:${port}:${port}"`),
})

/** The listener of Kafka that is advertised with the address of the service's proxy; the proxies' ports for broker and database. */
const linksOf = (entry: ParticipantEntry) => ({
  listener: entry.name.toUpperCase().replaceAll('-', '_'),
  listenerPort: 19_090 + numberOf(entry),
  brokerPort: 29_090 + numberOf(entry),
  databasePort: 27_000 + numberOf(entry),
})

const listeners = (services: Services): string[] => {
  const all = services.map(linksOf)
  const list = (...items: string[]) => items.join(',')
  return [
    `      KAFKA_LISTENERS: ${list('PLAINTEXT://:9092', 'CONTROLLER://:9093', ...all.map((l) => `${l.listener}://:${l.listenerPort}`))}`,
    `      KAFKA_ADVERTISED_LISTENERS: ${list('PLAINTEXT://kafka:9092', ...all.map((l) => `${l.listener}://proxies:${l.brokerPort}`))}`,
    `      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: ${list('CONTROLLER:PLAINTEXT', 'PLAINTEXT:PLAINTEXT', ...all.map((l) => `${l.listener}:PLAINTEXT`))}`,
  ]
}

const links = (services: Services): string[] => {
  const link = (name: string, port: number, toHost: string, toPort: number) =>
    JSON.stringify({ name, host: '0.0.0.0', port, toHost, toPort })
  const all = [
    ...services.map((s) => link(`${s.name}-kafka`, linksOf(s).brokerPort, 'kafka', linksOf(s).listenerPort)),
    ...services.map((s) => link(`${s.name}-database`, linksOf(s).databasePort, s.database, serverPorts[s.database])),
  ]
  return ['      LINKS: >-', ...all.map((l, i) => `        ${i === 0 ? '[' : ''}${l}${i === all.length - 1 ? ']' : ','}`)]
}

const throughProxies = (entry: ParticipantEntry): string[] => [
  `  ${entry.name}:`,
  '    environment:',
  '      <<: *faults',
  `      KAFKA_BROKERS: proxies:${linksOf(entry).brokerPort}`,
  `      DATABASE_URL: ${databaseUrl(entry, `proxies:${linksOf(entry).databasePort}`)}`,
  '    depends_on: { proxies: { condition: service_healthy } }',
]

/** Of infra/docker/compose.faults.yaml. */
export const faultsRegions = (services: Services) => ({
  listeners: listeners(services),
  links: links(services),
  services: services.flatMap(throughProxies),
})

/** Of infra/docker/compose.cluster.yaml and compose.rabbitmq.yaml: other brokers for each service. */
export const clusterRegions = (services: Services) => ({
  services: services.map(({ name }) => `  ${name}: { environment: *brokers }`),
})

/** Of infra/docker/compose.cdc.yaml. */
export const cdcRegions = (services: Services) => ({
  services: services
    .filter(({ database }) => database === 'postgres')
    .map(({ name }) => `  ${name}: { environment: { RELAY: cdc } }`),
})

/** Of infra/docker/gateway.cfg. */
export const gatewayRegions = (services: Services) => ({
  health: [
    ...services.map(({ name }) => `  acl no_${name} nbsrv(${name}) lt 1`),
    `  monitor fail if ${services.map(({ name }) => `no_${name}`).join(' ')}`,
  ],
  services: services.flatMap(({ name, port }) => [
    '',
    `listen ${name}`,
    `  bind :${port}`,
    '  option httpchk GET /readyz',
    `  server-template replica 5 ${name}:${port}`,
  ]),
})
