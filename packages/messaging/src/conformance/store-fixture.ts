import type { Message } from '../message.ts'
import type { MessageStore } from '../store.ts'

/** What the suite needs of a database: a service that counts the messages of each key. */
export interface StoreFixture<Work> {
  /** The store as one more process of the same service would open it. */
  open(): Promise<MessageStore<Work>>
  /** Ends a process that `open` began as a kill would: nothing is written down any more. */
  kill(store: MessageStore<Work>): Promise<void>
  /** Adds one to the count of the message's key, through the native handle. */
  count(work: Work, message: Message): Promise<void>
  /** The stored count of a key; 0 when there is none. */
  countOf(key: string): Promise<number>
}
