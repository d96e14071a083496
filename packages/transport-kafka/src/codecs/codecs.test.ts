import { setImmediate as turn } from 'node:timers/promises'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Codec, codecs, UnpacksToTooMuch } from './index.ts'
import { lz4Codec } from './lz4.ts'
import { snappyCodec } from './snappy.ts'
import { gzipCodec, zstdCodec } from './zlib.ts'

const all = Object.values(codecs).map((codec) => [codec.name, codec] as const)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array)),
  // repeats, so that there is something to pack, and more than one block of snappy and lz4
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat({ max: 9_000 }))
    .map(([part, count]) => Buffer.concat(Array.from({ length: count }, () => part))),
)

/** @returns the unpacked bytes, or undefined for any Error. @throws whatever is none. */
const tryToUnpack = async (codec: Codec, packed: Buffer, bytesMax: number): Promise<Buffer | undefined> => {
  try {
    return await codec.unpack(packed, bytesMax)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return undefined
  }
}

describe.each(all)('%s', (_, codec) => {
  test('unpacks what it packed', () =>
    fc.assert(
      fc.asyncProperty(bytes, async (whole) => {
        // a bound on lz4 counts whole blocks
        expect((await codec.unpack(await codec.pack(whole), whole.length + 2 ** 22)).equals(whole)).toBe(true)
      }),
      { numRuns: 100 },
    ))

  test('refuses what would be over the bound', async () => {
    const packed = await codec.pack(Buffer.alloc(9_000_000))
    await expect(codec.unpack(packed, 8_000_000)).rejects.toThrow(UnpacksToTooMuch)
    expect(await codec.unpack(packed, 9_500_000)).toHaveLength(9_000_000)
  })

  test('takes arbitrary bytes without harm', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (array) => {
        const unpacked = await tryToUnpack(codec, Buffer.from(array), 10_000)
        expect(unpacked?.length ?? 0).toBeLessThanOrEqual(10_000)
      }),
      { numRuns: 1_000 },
    ))

  test('takes packed bytes of which some are wrong or missing', () =>
    fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.nat(),
        async (whole, wrong, cut) => {
          const packed = Buffer.from(await codec.pack(whole))
          for (const [at, byte] of wrong) packed[at % packed.length] = byte
          const bytesMax = 100_000
          const unpacked = await tryToUnpack(codec, packed.subarray(0, packed.length - (cut % 3)), bytesMax)
          expect(unpacked?.length ?? 0).toBeLessThanOrEqual(bytesMax)
        },
      ),
      { numRuns: 300 },
    ))
})

describe('snappy', () => {
  test('reads one raw block', async () => {
    expect(String(await snappyCodec.unpack(hex('05 10 68 65 6c 6c 6f'), 5))).toBe('hello')
  })
  test('refuses a size that is stated too high before it takes memory', async () => {
    const gigabytes = hex('ff ff ff ff 0f 10 68 65 6c 6c 6f')
    const error = await snappyCodec.unpack(gigabytes, 1_000_000).catch((e) => e)
    expect(error).toMatchObject({ name: 'UnpacksToTooMuch', statedBytes: 2 ** 32 - 1 })
  })
  test('refuses 100,000 blocks of nothing', async () => {
    const header = (await snappyCodec.pack(Buffer.alloc(0))).subarray(0, 16)
    const blocks = Buffer.concat([header, ...Array.from({ length: 100_000 }, () => hex('00 00 00 01 00'))])
    await expect(snappyCodec.unpack(blocks, 1_000_000)).rejects.toThrow(/snappy blocks/)
  })
})

describe('lz4', () => {
  /** A frame of independent or linked blocks of up to 64 KiB. */
  const frame = (flags: number, ...blocks: readonly Buffer[]) => {
    const headerOf = { 96: '04 22 4d 18 60 40 82', 64: '04 22 4d 18 40 40 c0' }[flags] ?? ''
    const parts = blocks.flatMap((block) => {
      const size = Buffer.alloc(4)
      size.writeUInt32LE(block.length)
      return [size, block]
    })
    return Buffer.concat([hex(headerOf), ...parts, Buffer.alloc(4)])
  }
  /** `a`, then 4 + 15 + 255 × `count` + 0 times the same, then `bcdef`. */
  const run = (count: number) => Buffer.concat([hex('1f 61 01 00'), Buffer.alloc(count, 255), hex('00 50 62 63 64 65 66')])

  test('reads linked blocks, of which one repeats what stands in the one before', async () => {
    const linked = frame(0x40, hex('60 61 62 63 64 65 66'), hex('02 06 00 50 67 68 69 6a 6b'))
    expect(String(await lz4Codec.unpack(linked, 2 ** 17))).toBe('abcdefabcdefghijk')
  })
  test('refuses a block that unpacks to more than its frame allows', async () => {
    expect(await lz4Codec.unpack(frame(0x60, run(200)), 2 ** 17)).toHaveLength(1 + 19 + 200 * 255 + 5)
    await expect(lz4Codec.unpack(frame(0x60, run(1_000)), 2 ** 17)).rejects.toThrow()
  })
  test('refuses a frame without its end', async () => {
    const packed = await lz4Codec.pack(Buffer.from('hello'))
    for (let length = 0; length < packed.length; length++)
      await expect(lz4Codec.unpack(packed.subarray(0, length), 2 ** 17), `${length}`).rejects.toThrow()
  })
  test('does not read a second frame, as Kafka does not', async () => {
    const packed = await lz4Codec.pack(Buffer.from('hello'))
    expect(String(await lz4Codec.unpack(Buffer.concat([packed, packed]), 2 ** 22))).toBe('hello')
  })
})

test('gzip tells the size that is stated', async () => {
  const error = await gzipCodec.unpack(zlib.gzipSync(Buffer.alloc(5_000_000)), 1_000).catch((e) => e)
  expect(error).toMatchObject({ statedBytes: 5_000_000, message: 'it would unpack to more than 1000 bytes' })
})

test('zstd takes no memory for a window that is not used', async () => {
  const packing = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_windowLog]: 27 } })
  packing.write('abc')
  packing.flush(() => packing.end('def')) // so that the size is not known at the beginning, and the window not cut to it
  const packed = Buffer.concat(await packing.toArray())
  const before = process.memoryUsage().rss
  for (let i = 0; i < 20; i++) expect(String(await zstdCodec.unpack(packed, 1_000))).toBe('abcdef')
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20)
})

test('lz4 leaves no memory taken by what is no longer used', async () => {
  const packed = await lz4Codec.pack(Buffer.alloc(12 * 2 ** 20))
  const before = process.memoryUsage().rss
  for (let i = 0; i < 40; i++) {
    expect(await lz4Codec.unpack(packed, 2 ** 24)).toHaveLength(12 * 2 ** 20)
    await turn() // it is freed between two turns
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20)
})
