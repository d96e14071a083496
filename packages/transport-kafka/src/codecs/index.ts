import kafkajs from 'kafkajs'
import type { Codec } from './codec.ts'
import { lz4Codec } from './lz4.ts'
import { snappyCodec } from './snappy.ts'
import { gzipCodec, zstdCodec } from './zlib.ts'

export { type Codec, UnpacksToTooMuch } from './codec.ts'

/**
 * What one batch may unpack to. A record of this shop has less than 2 MB and a producer's request 1 MB before it is packed, both by
 * default; what is far over that was made to harm.
 */
export const unpackedBytesMax = 16 * 1_024 ** 2

/** By the number in a batch's attributes. https://kafka.apache.org/documentation/#recordbatch */
export const codecs: Readonly<Record<number, Codec>> = { 1: gzipCodec, 2: snappyCodec, 3: lz4Codec, 4: zstdCodec }

/**
 * Gives kafkajs, which knows gzip alone and unpacks it without a bound, all of Kafka's compressions: for its producers, and for the
 * message sets of old brokers. Batches are read by `mends/batches.ts`. Of the whole process; harmless when repeated.
 */
export const registerCodecs = (): void => {
  const theirs: Record<string, () => unknown> = kafkajs.CompressionCodecs
  for (const [type, { pack, unpack }] of Object.entries(codecs))
    theirs[type] = () => ({
      compress: ({ buffer }: { readonly buffer: Buffer }) => pack(buffer),
      decompress: (packed: Buffer) => unpack(packed, unpackedBytesMax),
    })
}
