/**
 * Sees to it that a method of kafkajs that a mend relies on, or takes the place of, is still the one that was read when the mend was written.
 * @param phrase of the method's source, or of its class.
 * @throws Error naming the mend when the phrase is not there.
 */
export const asKnown = <F extends object>(method: F | undefined, phrase: string, mend: string): F => {
  if (typeof method === 'function' && String(method).includes(phrase)) return method
  throw new Error(`kafkajs has changed: "${phrase}" is gone; see mends/${mend}`)
}
