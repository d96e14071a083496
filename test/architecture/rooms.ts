/** Who may import whom. Each rule: from the repository to a sentence for each place that breaks it. */
import { fileOf, isTest, type Repository } from './repository.ts'
import type { Import, Source } from './source.ts'

interface Edge {
  readonly source: Source
  readonly given: Import
  /** From the root. */
  readonly to: string
}

const edgesOf = (repository: Repository): Edge[] =>
  repository.sources.flatMap((source) =>
    source.imports.flatMap((given) => {
      const to = fileOf(repository, source.path, given)
      return to === undefined ? [] : [{ source, given, to }]
    }),
  )

/** `packages/messaging`, `services/payment`, `tools`, `infra`, `test` … */
export const roomOf = (path: string): string => {
  const [top = '', name] = path.split('/')
  if (path.startsWith('services/dashboard/page/')) return 'services/dashboard/page'
  return /^(packages|services|variants)$/.test(top) ? `${top}/${name}` : top
}

/** What the sources of a package may import of others; tests may take any package. A driver is named by its kind. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  'packages/choreography': ['packages/manifest'],
  'packages/manifest': [],
  'packages/messaging': [],
  'packages/service-host': [],
  'packages/command-line': [],
  'packages/report': [],
  'packages/store-*': ['packages/messaging'],
  'packages/transport-*': ['packages/messaging'],
  'packages/broker': ['packages/messaging', 'packages/transport-kafka', 'packages/transport-rabbitmq'],
  'packages/participant': ['packages/broker', 'packages/choreography', 'packages/messaging', 'packages/service-host'],
}

const kindOf = (room: string): string => room.replace(/^packages\/(store|transport)-.+$/, 'packages/$1-*')

const packagesInLayers = ({ source, given, to }: Edge): string | undefined => {
  const room = roomOf(source.path)
  const target = roomOf(to)
  if (!room.startsWith('packages/') || target === room) return undefined
  if (isTest(source.path))
    return target.startsWith('packages/') || target === 'infra'
      ? undefined
      : `${source.path} imports ${given.target}: a package knows packages only`
  if (!target.startsWith('packages/')) return `${source.path} imports ${given.target}: packages import packages only`
  const allowed = layers[kindOf(room)]
  if (allowed === undefined) return `${room} stands in no layer: say in test/architecture/rooms.ts what it may import`
  if (allowed.includes(target)) return undefined
  return `${source.path} imports ${given.target}: ${room} may import ${allowed.join(', ') || 'no other package'}`
}

const servicesAlone = ({ source, given, to }: Edge): string | undefined => {
  const room = roomOf(source.path)
  const target = roomOf(to)
  if (!/^services\/[^/]+$/.test(room) || target === room || target.startsWith('packages/')) return undefined
  if (target.startsWith('services/')) return `${source.path} imports ${given.target}: a service never imports a service`
  if (isTest(source.path) && target === 'infra') return undefined
  return `${source.path} imports ${given.target}: a service imports nothing outside its own folder but packages`
}

const pageByApi = ({ source, given, to }: Edge): string | undefined => {
  if (roomOf(source.path) !== 'services/dashboard/page' || roomOf(to) === 'services/dashboard/page') return undefined
  if (to === 'services/dashboard/src/api.ts') return undefined
  return `${source.path} imports ${given.target}: the page knows its service by src/api.ts only`
}

const toolsOnRunningShops = ({ source, given, to }: Edge): string | undefined => {
  const room = roomOf(source.path)
  const target = roomOf(to)
  if (!(room === 'tools' || room.startsWith('variants/')) || target === room) return undefined
  if (room !== 'tools' && /^services\/[^/]+\/src\/main\.ts$/.test(to))
    return `${source.path} imports ${given.target}: a variant is wired by itself`
  if (/^(packages|services)\//.test(target) || (room !== 'tools' && target === 'tools')) return undefined
  return `${source.path} imports ${given.target}: ${room} imports packages and files of services, never ${target}`
}

const infraByRunningShop = ({ source, given, to }: Edge): string | undefined => {
  const target = roomOf(to)
  if (roomOf(source.path) !== 'infra' || target === 'infra' || target.startsWith('packages/')) return undefined
  if (given.target === '@shop/tools/running-shop') return undefined
  return `${source.path} imports ${given.target}: infra imports packages and @shop/tools/running-shop only`
}

/** Experiments: on packages and on servers that they start themselves; nothing is made of them. */
const labsByThemselves = ({ source, given, to }: Edge): string | undefined => {
  const room = roomOf(source.path)
  const target = roomOf(to)
  if (target === 'labs' && room !== 'labs' && room !== 'test')
    return `${source.path} imports ${given.target}: nothing but test imports an experiment`
  if (room !== 'labs' || target === 'labs' || target.startsWith('packages/') || given.target === '@shop/infra/embedded')
    return undefined
  return `${source.path} imports ${given.target}: labs import packages and @shop/infra/embedded only`
}

const nothingOfTest = ({ source, given, to }: Edge): string | undefined =>
  roomOf(to) === 'test' && roomOf(source.path) !== 'test'
    ? `${source.path} imports ${given.target}: nothing imports test`
    : undefined

const rooms = [
  packagesInLayers,
  servicesAlone,
  pageByApi,
  toolsOnRunningShops,
  infraByRunningShop,
  labsByThemselves,
  nothingOfTest,
]

export const importsBetweenRooms = (repository: Repository): string[] =>
  edgesOf(repository).flatMap((edge) => rooms.flatMap((rule) => rule(edge) ?? []))

/** An import that leads nowhere is seen by the types, but in a file that these do not cover. */
export const importsThatAreThere = (repository: Repository): string[] =>
  edgesOf(repository)
    .filter(({ to }) => !repository.paths.has(to))
    .map(({ source, given }) => `${source.path} imports ${given.target}, which is not there`)

/** Each service has one database. */
export const oneStoreEach = ({ workspaces }: Repository): string[] =>
  workspaces
    .filter(({ folder }) => folder.startsWith('services/'))
    .map(({ folder, dependencies }) => ({ folder, drivers: dependencies.filter((name) => name.startsWith('@shop/store-')) }))
    .filter(({ drivers }) => drivers.length > 1)
    .map(({ folder, drivers }) => `${folder} depends on ${drivers.join(' and ')}: a service has one store driver, its own`)
