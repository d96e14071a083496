/** Milliseconds for people: "0 ms", "238 ms", "1.40 s", "12.3 s", "4 min 10 s", "2 h 5 min". */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 9_995 && ms % 1_000 !== 0) return `${(ms / 1_000).toFixed(2)} s`
  if (ms < 60_000) return `${ms % 1_000 === 0 ? ms / 1_000 : (ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.floor((ms % 60_000) / 1_000)
  if (minutes < 60) return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`
}

/** Minor units with their currency, such as "€49.90". */
export const money = (minor: number, currency = 'EUR'): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(minor / 100)

const wholes = new Intl.NumberFormat('en')
export const count = (n: number): string => wholes.format(n)

/** Large counts in little room: "999", "12.3K", "4.1M". */
const shorts = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
export const shortCount = (n: number): string => (n < 10_000 ? wholes.format(n) : shorts.format(n))

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const clockMs = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})
/** Local wall-clock time, to the second. */
export const time = (at: number | string): string => clock.format(new Date(at))
/** Local wall-clock time, to the millisecond. */
export const timeMs = (at: number | string): string => clockMs.format(new Date(at))

/** What tells UUIDs of one minute apart is their end. */
export const shortId = (id: string): string => (id.length > 12 ? `…${id.slice(-8)}` : id)

/** "out_of_stock" → "out of stock". */
export const words = (reason: string): string =>
  reason === 'order_cancelled' ? 'cancelled on request' : reason.replaceAll('_', ' ')

/** "PaymentCaptured" → "Payment captured". */
export const eventWords = (type: string): string => {
  const [first = '', ...rest] = type.split(/(?=[A-Z])/)
  return [first, ...rest.map((w) => w.toLowerCase())].join(' ')
}

/** "OrderCancellationRequested" → "Order cancellation", "requested": what it is about, and what happened to it. */
export const eventLines = (type: string): readonly [string, string] => {
  const parts = eventWords(type).split(' ')
  return [parts.slice(0, -1).join(' '), parts.at(-1) ?? '']
}
