/** The request makes no sense; the message says why and what is possible, in one line. Exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse'
}

/** What was asked for cannot be had now; the message says why and what would help, in one line. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
  /** Of the command that ends with it. */
  readonly exitCode: number = 1
}
