import type { Message } from './message.ts'
import type { React } from './store.ts'

/**
 * Reactions that are typed by their service, as the kit calls them. The one place where a type is taken on trust: the kit hands over only
 * messages that `decode` has read by the schema which the catalogue names for their type, and only of types that the consumer reacts to.
 */
export const onDecoded = <Work, M extends Message>(react: React<Work, M>): React<Work> => react as React<Work>
