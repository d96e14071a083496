import type { StartableService } from '../services.ts'
import { freePorts, loopback, portSetting, type WantedPort } from './ports.ts'

/** A service and where it will listen. */
export interface PlacedService extends StartableService {
  /** without a path */
  readonly url: string
}

/**
 * @param ports 'fixed': the port of the manifest, or `<NAME>_PORT` of `env`; 'free': ports that are free now
 * @throws StartRefusal when such a setting is no port number
 */
export const place = async (
  services: readonly StartableService[],
  ports: 'fixed' | 'free',
  env: NodeJS.ProcessEnv,
): Promise<PlacedService[]> => {
  const free = ports === 'free' ? await freePorts(services.length) : []
  return services.map((service, index) => {
    const port = free[index] ?? portSetting(env, settingOf(service.name), service.port)
    return { ...service, port, url: `http://${loopback}:${port}` }
  })
}

export const wantedBy = ({ name, port }: PlacedService): WantedPort => ({ name, port, setting: settingOf(name) })

const settingOf = (name: string) => `${name.toUpperCase().replaceAll('-', '_')}_PORT`
