/** What can be asked of a running shop: by name, to be undone by itself after a time. */
export const doorActions = ['kill', 'pause', 'resume', 'restart', 'stop', 'start', 'scale'] as const
export type DoorAction = (typeof doorActions)[number]

/** What the process that runs the shop answers at its door. */
export interface DoorState {
  readonly services: Readonly<Record<string, { readonly url: string; readonly pid?: number }>>
  readonly backends: readonly string[]
  /** the control of the proxies; absent without --faults */
  readonly proxiesUrl?: string
  readonly faultsEnabled: boolean
  /** what undoes itself later */
  readonly pending: readonly { readonly action: DoorAction; readonly name: string; readonly at: string }[]
}
