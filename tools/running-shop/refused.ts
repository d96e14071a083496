/** The fault cannot be had; the message says why and what would help. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
