import { join } from 'node:path'
import { type ServiceEntry, services } from '@shop/manifest'
import { type VariantName, variants } from '@shop/manifest/variants'

/** A service and the folder that its process is started in. */
export interface StartableService extends ServiceEntry {
  readonly folder: string
}

const root = join(import.meta.dirname, '..')

/** Every service of the manifest, by port. */
const startableServices: readonly StartableService[] = services.map((service) => ({
  ...service,
  folder: join(root, 'services', service.name),
}))

/** The services in which this variant finishes an order; without one, the shop's own. */
export const servicesOf = (variant: VariantName | undefined): readonly StartableService[] =>
  variant === undefined
    ? startableServices
    : variants[variant].services.map((service) => ({ ...service, folder: join(root, 'variants', variant, service.name) }))
