/** What stops a start and what to do about it, in one line for the person at the console: printed without a stack. */
export class StartRefusal extends Error {
  override name = 'StartRefusal'
}
