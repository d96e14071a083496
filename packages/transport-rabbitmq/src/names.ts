/** What the broker's things are called. A `>` stands in no name of a topic or a group, so none is another's. */

/** Every topic is an exchange of its own name, to which its stream, of the same name, and its groups are bound. */
export const catalogueStream = 'topics>'

/** The exchange that deals a topic's records out to the queues of a group, by the sequence with which their routing keys begin. */
export const groupExchange = (topic: string, group: string): string => `${topic}>${group}`
export const groupQueue = (topic: string, group: string, sequence: number): string => `${topic}>${group}>${sequence}`
/** Takes what begins with no sequence, because others published it. */
export const otherwiseOf = (topic: string, group: string): string => `${topic}>${group}>otherwise`
/** What was on the topic before the group came to be. Exchange and queue. */
export const pastOf = (topic: string, group: string): string => `${topic}>${group}>past`
/** What the broker delivered too often. Exchange and queue. */
export const deadOf = (topic: string, group: string): string => `${topic}>${group}>dead`
/** Asks each member of a group what it holds. */
export const membersExchange = (group: string): string => `${group}>members`
/** A queue in which nothing ever is: each member consumes it, so that the members can be counted. Of a group's own queues the broker counts one. */
export const presenceQueue = (group: string): string => `${group}>present`
/** A queue that one connection alone may have: who has it may change what its name says. */
export const lockOf = (what: string): string => `${what}>lock`
/** Whose connection has it gives numbers that no other publisher gives. */
export const publisherLock = (publisher: number): string => lockOf(`publisher>${publisher}`)
