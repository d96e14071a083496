import { hash } from 'node:crypto'

/** A header as it came: repeated ones are several of these, in their order. */
export type RawHeader = readonly [name: string, content: Buffer | null]

/** What text cannot say of a record, as the bytes it is. */
export interface RawParts {
  /** The key; absent when `key` has it. */
  readonly key?: Buffer
  /** All that stood under those names whose content `headers` cannot have: bytes, nothing at all, or several of one name. */
  readonly headers?: readonly RawHeader[]
}

/** Key and headers of a record: as text wherever they are text, so that most records have no `raw`. */
export interface RecordParts {
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly raw?: RawParts
}

/** Bytes of which a readable form is made; beyond that it says how many there are. */
const readableBytesMax = 256
/** What a decoder leaves where bytes are no text. */
const replacement = '\uFFFD'

/** The text that the bytes are; `undefined` when they are not well-formed UTF-8, or hold NUL. */
export const textOf = (bytes: Buffer): string | undefined => {
  const text = bytes.toString()
  // Two searches cost less than one expression: nearly all texts are ASCII, in which the second one looks at nothing.
  if (text.includes('\0')) return undefined
  return text.includes(replacement) && !Buffer.from(text).equals(bytes) ? undefined : text
}

/** Bytes for people: what is no printable ASCII is written as `\x00`. */
export const readableOf = (bytes: Buffer, bytesMax = readableBytesMax): string => {
  let text = ''
  for (const byte of bytes.subarray(0, bytesMax))
    text += byte < 0x20 || byte > 0x7e || byte === 0x5c ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
  return bytes.length > bytesMax ? `${text}… (${bytes.length} bytes)` : text
}

/** Names are texts for every broker; one that holds NUL is shown as bytes are. */
export const readableName = (name: string): string => (name.includes('\0') ? readableOf(Buffer.from(name)) : name)

/** A property of its own also when it is called `__proto__`. */
export const setHeader = (headers: Record<string, string>, name: string, text: string): void => {
  if (name === '__proto__')
    Object.defineProperty(headers, name, { value: text, configurable: true, enumerable: true, writable: true })
  else headers[name] = text
}

/**
 * Adds headers that text cannot have to those that it has: under each name the last one counts, in readable form.
 * @returns what becomes of `raw`.
 */
export const partsWith = (key: Buffer | null, headers: Record<string, string>, oddHeaders: readonly RawHeader[]): RecordParts => {
  for (const [name, content] of oddHeaders)
    if (content !== null) setHeader(headers, readableName(name), textOf(content) ?? readableOf(content))
  const text = key === null ? null : textOf(key)
  if (text !== undefined && oddHeaders.length === 0) return { key: text, headers }
  const raw: RawParts = {
    ...(key === null || text !== undefined ? {} : { key }),
    ...(oddHeaders.length === 0 ? {} : { headers: oddHeaders }),
  }
  return { key: key === null ? null : (text ?? readableOf(key)), headers, raw }
}

/** Key and headers from all of their bytes. */
const partsOf = (key: Buffer | null, all: readonly RawHeader[]): RecordParts => {
  const headers: Record<string, string> = {}
  const byName = Map.groupBy(all, ([name]) => name)
  const oddHeaders: RawHeader[] = []
  for (const [name, ofName] of byName) {
    const content = ofName.length === 1 ? ofName[0]?.[1] : undefined
    const text = content == null || name.includes('\0') ? undefined : textOf(content)
    if (text === undefined) oddHeaders.push(...ofName)
    else setHeader(headers, name, text)
  }
  return partsWith(key, headers, oddHeaders)
}

/** The key's bytes. */
export const keyBytesOf = ({ key, raw }: Pick<RecordParts, 'key' | 'raw'>): Buffer | null =>
  raw?.key ?? (key === null ? null : Buffer.from(key))

/** All headers as they came; those that are text first. */
export const rawHeadersOf = ({ headers, raw }: Pick<RecordParts, 'headers' | 'raw'>): readonly RawHeader[] => {
  const oddHeaders = raw?.headers ?? []
  const oddNames = new Set(oddHeaders.map(([name]) => readableName(name)))
  const texts = Object.entries(headers).filter(([name]) => !oddNames.has(name))
  return [...texts.map(([name, text]): RawHeader => [name, Buffer.from(text)]), ...oddHeaders]
}

const lengthBytes = 4
const noBytes = 0xff_ff_ff_ff

/** Several byte strings as one, each behind its length. */
export const framed = (parts: readonly (Buffer | null)[]): Buffer => {
  const whole = Buffer.allocUnsafe(parts.reduce((bytes, part) => bytes + lengthBytes + (part?.length ?? 0), 0))
  let at = 0
  for (const part of parts) {
    at = whole.writeUInt32BE(part === null ? noBytes : part.length, at)
    if (part !== null) at += part.copy(whole, at)
  }
  return whole
}

/** @throws RangeError when it is cut short. */
export const unframed = (bytes: Buffer): readonly (Buffer | null)[] => {
  const parts: (Buffer | null)[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    at += lengthBytes
    if (length !== noBytes && at + length > bytes.length) throw new RangeError('bytes are cut short')
    parts.push(length === noBytes ? null : bytes.subarray(at, at + length))
    if (length !== noBytes) at += length
  }
  return parts
}

/** Key and headers as one byte string. */
export const packedParts = (parts: RecordParts): Buffer => framed(partsInOrder(parts))

const partsInOrder = (parts: RecordParts): readonly (Buffer | null)[] => [
  keyBytesOf(parts),
  ...rawHeadersOf(parts).flatMap(([name, content]) => [Buffer.from(name), content]),
]

export const unpackedParts = (packed: Buffer): RecordParts => {
  const [key = null, ...rest] = unframed(packed)
  const headers: RawHeader[] = []
  for (let i = 0; i < rest.length; i += 2) headers.push([rest[i]?.toString() ?? '', rest[i + 1] ?? null])
  return partsOf(key, headers)
}

/** 16 hexadecimal digits that tell a record from any other one: its key, value, headers and time. */
export const fingerprintOf = (record: RecordParts & { readonly value: Buffer | null; readonly timestampMs: number }): string =>
  hash('sha256', framed([Buffer.from(String(record.timestampMs)), record.value, ...partsInOrder(record)])).slice(0, 16)
