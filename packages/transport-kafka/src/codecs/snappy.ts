/** `snappy` of napi-rs: kept up to date, its binaries for all platforms are npm packages, and it checks what it reads (Rust). */
import { compress, uncompress } from 'snappy'
import { Broken, type Codec, UnpacksToTooMuch } from './codec.ts'

/**
 * Kafka's Java client writes the framing of snappy-java (xerial): magic, two int32 versions, then blocks, each an int32 length and
 * a raw snappy block. Others may write one raw block alone. https://github.com/xerial/snappy-java#compatibility-notes
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const versions = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])
const headerBytes = magic.length + versions.length
const lengthBytes = 4
const blockBytes = 32 * 1_024
/** snappy-java makes no block of less than 1 KiB but the last. */
const blockBytesMin = 1_024

const blocksOf = (packed: Buffer, countMax: number): readonly Buffer[] => {
  if (!packed.subarray(0, magic.length).equals(magic)) return [packed]
  const blocks: Buffer[] = []
  for (let at = headerBytes; at < packed.length; ) {
    const length = packed.readInt32BE(at)
    const start = at + lengthBytes
    at = start + length
    if (length <= 0 || at > packed.length) throw new Broken('a snappy block is cut short')
    if (blocks.length >= countMax) throw new Broken(`more than ${countMax} snappy blocks`)
    blocks.push(packed.subarray(start, at))
  }
  return blocks
}

/** A raw block begins with its size when unpacked, as a varint of up to 32 bits. */
const statedBytes = (block: Buffer): number => {
  let bytes = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    bytes += (byte & 0x7f) * 0x80 ** i
    if (byte < 0x80) return bytes
  }
  throw new Broken('a snappy block does not tell its size')
}

const unpack = async (packed: Buffer, bytesMax: number): Promise<Buffer> => {
  const blocks = blocksOf(packed, Math.ceil(bytesMax / blockBytesMin) + 1)
  const stated = blocks.reduce((sum, block) => sum + statedBytes(block), 0)
  if (stated > bytesMax) throw new UnpacksToTooMuch(bytesMax, stated)
  const unpacked = Buffer.allocUnsafe(stated)
  let at = 0
  for (const block of blocks) {
    // It refuses a block of another size than the block tells.
    const bytes = (await uncompress(block, { asBuffer: true })) as Buffer
    at += bytes.copy(unpacked, at)
  }
  return unpacked
}

const pack = async (bytes: Buffer): Promise<Buffer> => {
  const parts: Buffer[] = [magic, versions]
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = await compress(bytes.subarray(at, at + blockBytes))
    const length = Buffer.alloc(lengthBytes)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export const snappyCodec: Codec = { name: 'snappy', pack, unpack }
