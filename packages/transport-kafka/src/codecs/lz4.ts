/** `lz4-napi`: kept up to date, its binaries for all platforms are npm packages, it reads frames (also linked blocks) and checks them (Rust). */
import { compressFrame, decompressFrameSync } from 'lz4-napi'
import { Broken, type Codec, UnpacksToTooMuch } from './codec.ts'

/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
const magic = 0x184d2204
const flag = { dictionary: 1, contentChecksum: 4, contentSize: 8, blockChecksums: 16 }
/** By the number in the block descriptor. */
const blockBytesMax: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }
/** A byte of a block can stand for so many at most. */
const ratioMax = 255
const storedBlock = 0x80000000

/**
 * The first frame, without what stands behind it, as Kafka reads it. A block unpacks to no more than the frame's header allows, which
 * the decoder insists on: so the blocks' lengths tell, before any memory is taken, what a frame can become at most.
 * @throws UnpacksToTooMuch, Broken
 */
const boundedFrame = (packed: Buffer, bytesMax: number): Buffer => {
  if (packed.readUInt32LE(0) !== magic) throw new Broken('no lz4 frame')
  const flags = packed.readUInt8(4)
  const blockMax = blockBytesMax[(packed.readUInt8(5) >> 4) & 7]
  if (flags >> 6 !== 1 || blockMax === undefined || flags & flag.dictionary) throw new Broken('an lz4 frame of an unknown kind')
  let at = 6
  let stated: number | undefined
  if (flags & flag.contentSize) {
    stated = Number(packed.readBigUInt64LE(at))
    at += 8
    if (stated > bytesMax) throw new UnpacksToTooMuch(bytesMax, stated)
  }
  at++ // the header's checksum
  for (let bytes = 0; ; ) {
    const size = packed.readUInt32LE(at)
    at += 4
    if (size === 0) break
    const length = size % storedBlock
    bytes += size >= storedBlock ? length : Math.min(length * ratioMax, blockMax)
    if (bytes > bytesMax) throw new UnpacksToTooMuch(bytesMax, stated)
    at += length + (flags & flag.blockChecksums ? 4 : 0)
  }
  if (flags & flag.contentChecksum) at += 4
  if (at > packed.length) throw new Broken('an lz4 frame is cut short')
  return packed.subarray(0, at)
}

export const lz4Codec: Codec = {
  name: 'lz4',
  pack: (bytes) => compressFrame(bytes),
  unpack: async (packed, bytesMax) => {
    // In this thread: what its other threads unpack stays with them when it is freed here, hundreds of megabytes of it. The bound keeps it short.
    const unpacked = decompressFrameSync(boundedFrame(packed, bytesMax))
    if (unpacked.length > bytesMax) throw new UnpacksToTooMuch(bytesMax)
    return unpacked
  },
}
