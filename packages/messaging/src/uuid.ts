import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const bytesPerId = 16
// The system's call for random bytes costs more than all the rest of an id, so it is asked for many at a time.
const random = new Uint8Array(256 * bytesPerId)
let used = random.length

const nextBytes = (): Uint8Array => {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  used += bytesPerId
  return random.subarray(used - bytesPerId, used)
}

let msecs = 0
let seq = 0

/** A UUIDv7 (RFC 9562, section 5.7), greater than all that this
 * process made before: within a millisecond they count up (section 6.2, method 1). */
export const newUuid = (): string => {
  const bytes = nextBytes()
  const now = Date.now()
  if (now > msecs) {
    msecs = now
    // 31 random bits of the 32: room to count up from
    seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) >>> 1
  } else seq++
  return v7({ random: bytes, msecs, seq })
}
