import { join } from 'node:path'
import { type ServiceEntry, services } from '@shop/manifest'

/** A service and the folder that its process is started in. */
export interface StartableService extends ServiceEntry {
  readonly folder: string
}

const servicesFolder = join(import.meta.dirname, '..', 'services')

/** Every service of the manifest, by port. */
export const startableServices: readonly StartableService[] = services.map((service) => ({
  ...service,
  folder: join(servicesFolder, service.name),
}))
