import { promises as dns, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

type Ask = (hostname: string) => Promise<readonly LookupAddress[]>

/**
 * Looks names up, each one once at a time: who asks while that is under way gets the same answer. Node asks the system in one of four
 * threads (https://nodejs.org/api/dns.html#implementation-considerations), and the name of a broker that is gone can take 10 s to be
 * told unknown; a few attempts to reach it would keep all four, and with them the connections to everybody else.
 */
export const sharedLookups = (ask: Ask = (hostname) => dns.lookup(hostname, { all: true })): LookupFunction => {
  const underWay = new Map<string, Promise<readonly LookupAddress[]>>()
  const found = (hostname: string): Promise<readonly LookupAddress[]> => {
    const current = underWay.get(hostname)
    if (current) return current
    const asking = ask(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, asking)
    return asking
  }
  return (hostname, { all }, callback) => {
    found(hostname).then(
      (addresses) => {
        const [{ address, family } = { address: '', family: 0 }] = addresses
        if (all) callback(null, [...addresses])
        else callback(null, address, family)
      },
      (error) => callback(error, ''),
    )
  }
}
