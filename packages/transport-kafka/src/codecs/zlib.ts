import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { type Codec, UnpacksToTooMuch } from './codec.ts'

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)
const gzip = promisify<Buffer, Buffer>(zlib.gzip)
const unzstd = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)
const zstd = promisify<Buffer, Buffer>(zlib.zstdCompress)

/** Node stops at the first piece that goes over `maxOutputLength`. */
const withinBound = async (unpacking: Promise<Buffer>, bytesMax: number, statedBytes?: number): Promise<Buffer> => {
  try {
    return await unpacking
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new UnpacksToTooMuch(bytesMax, statedBytes)
    throw error
  }
}

/** RFC 1952: the last four bytes are the size, modulo 2^32. */
const gzipStated = (packed: Buffer): number | undefined =>
  packed.length < 4 ? undefined : packed.readUInt32LE(packed.length - 4)

export const gzipCodec: Codec = {
  name: 'gzip',
  pack: (bytes) => gzip(bytes),
  unpack: (packed, bytesMax) => withinBound(gunzip(packed, { maxOutputLength: bytesMax }), bytesMax, gzipStated(packed)),
}

/** A frame's window is at most 128 MiB (zstd's own limit), of which only what is written to takes memory. */
export const zstdCodec: Codec = {
  name: 'zstd',
  pack: (bytes) => zstd(bytes),
  unpack: (packed, bytesMax) => withinBound(unzstd(packed, { maxOutputLength: bytesMax }), bytesMax),
}
