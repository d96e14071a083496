const seed = 0x9747b28c
const m = 0x5bd1e995

/**
 * Java's murmur2 of a record's key (`org.apache.kafka.common.utils.Utils.murmur2`), as a signed 32-bit number. kafkajs 2.2.4 works it out
 * through objects of 64-bit numbers (`src/producer/partitioners/default/murmur2.js`), which took a tenth of what a produce request costs.
 */
export const murmur2 = (key: Buffer): number => {
  const { length } = key
  const whole = length & ~3
  let h = seed ^ length
  for (let at = 0; at < whole; at += 4) {
    let k = Math.imul(key.readInt32LE(at), m)
    k = Math.imul(k ^ (k >>> 24), m)
    h = Math.imul(h, m) ^ k
  }
  const rest = length - whole
  if (rest === 3) h ^= key.readUInt8(whole + 2) << 16
  if (rest >= 2) h ^= key.readUInt8(whole + 1) << 8
  if (rest >= 1) h = Math.imul(h ^ key.readUInt8(whole), m)
  h = Math.imul(h ^ (h >>> 13), m)
  return h ^ (h >>> 15)
}
