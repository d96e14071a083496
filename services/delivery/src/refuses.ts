/** What this service can be told to refuse, when faults are enabled. */
export const refuses = { what: 'deliveries' } as const
