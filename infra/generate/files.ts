/** Every file that is derived from the manifest, in whole or in part. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { participants } from '@shop/manifest'
import { cdcRegions, clusterRegions, composeRegions, faultsRegions, gatewayRegions } from './compose.ts'
import { lanesSheet } from './lanes.ts'
import { withRegions } from './regions.ts'

export const root = join(import.meta.dirname, '../..')

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
}

const regions = {
  'docker-compose.yml': composeRegions,
  'infra/docker/compose.faults.yaml': faultsRegions,
  'infra/docker/compose.cluster.yaml': clusterRegions,
  'infra/docker/compose.cdc.yaml': cdcRegions,
  'infra/docker/compose.rabbitmq.yaml': clusterRegions,
  'infra/docker/gateway.cfg': gatewayRegions,
}

/** As they should be: what is written by hand in them is taken from what is there. @throws Error naming the file whose marks are missing. */
export const generatedFiles = (): GeneratedFile[] => [
  ...Object.entries(regions).map(([path, regionsOf]) => {
    try {
      return { path, text: withRegions(readFileSync(join(root, path), 'utf8'), regionsOf(participants)) }
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
    }
  }),
  { path: 'services/dashboard/page/src/styles/lanes.css', text: lanesSheet(participants) },
]
