/** Pure: times as records tell them, which may be any number. In milliseconds since 1970. */

/** Up to the year 9999: every time until then can be written down by everybody. */
const timeMsMax = Date.UTC(9_999, 11, 31)

/** The first of them that can be a time; 0 when none can. */
export const firstTime = (...times: readonly number[]): number =>
  times.find((t) => Number.isInteger(t) && t > 0 && t <= timeMsMax) ?? 0

/** As ISO 8601, whatever it is: what no time can be is shown as 1970. */
export const iso = (ms: number): string => new Date(firstTime(ms)).toISOString()
