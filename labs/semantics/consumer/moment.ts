import { atMoment, type ConsumerSettings } from './settings.ts'

/** Counts the bookings of this consumer's life, and holds it where it is to be killed. */
export interface Life {
  /** The next booking is about to be made. */
  before(): Promise<void>
  /** All bookings begun so far are made, and nobody has been told. */
  after(): Promise<void>
}

/** The laboratory kills this process when it hears of it; nothing goes on here until then. */
const stand = async (): Promise<void> => {
  process.send?.(atMoment)
  await new Promise(() => {})
}

export const lifeOf = ({ killedAt }: Pick<ConsumerSettings, 'killedAt'>): Life => {
  let bookings = 0
  return {
    before: async () => {
      bookings++
      if (killedAt?.when === 'before' && bookings === killedAt.booking) await stand()
    },
    after: async () => {
      if (killedAt?.when === 'after' && bookings >= killedAt.booking) await stand()
    },
  }
}
