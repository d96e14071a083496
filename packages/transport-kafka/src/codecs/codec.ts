/** A compression of Kafka's record batches. */
export interface Codec {
  readonly name: string
  pack(bytes: Buffer): Promise<Buffer>
  /**
   * Takes no more memory than a small multiple of `bytesMax`, whatever is in `packed`.
   * @throws UnpacksToTooMuch when it would be more than `bytesMax` bytes; another Error when it is broken.
   */
  unpack(packed: Buffer, bytesMax: number): Promise<Buffer>
}

export class UnpacksToTooMuch extends Error {
  override name = 'UnpacksToTooMuch'
  /** What the packed bytes say of their own size, where they do. It may be wrong. */
  readonly statedBytes: number | undefined

  constructor(bytesMax: number, statedBytes?: number) {
    super(`it would unpack to more than ${bytesMax} bytes`)
    this.statedBytes = statedBytes
  }
}

export class Broken extends Error {
  override name = 'Broken'
}
