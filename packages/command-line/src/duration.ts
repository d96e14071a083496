import { Misuse } from './refusals.ts'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
export type DurationUnit = keyof typeof units

export interface DurationBounds {
  /** The longest one, in milliseconds. */
  readonly msMax: number
  /** The shortest one, in milliseconds; default 1. */
  readonly msMin?: number
  /** The unit of a number without one; absent: there has to be one. */
  readonly bare?: DurationUnit
}

/** 60m, 24h: as it is written on the command line. */
const written = (ms: number): string => {
  const [unit, size] = (Object.entries(units).toReversed() as [DurationUnit, number][]).find(
    ([, size]) => ms % size === 0 && ms >= 2 * size,
  ) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/**
 * A time as people write it: 500ms, 1.5s, 10m, 2h.
 * @param name as it stands on the command line, for the message
 * @returns whole milliseconds
 * @throws Misuse
 */
export const readDuration = (text: string, name: string, { msMax, msMin = 1, bare }: DurationBounds): number => {
  const [, number, unit = bare] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text) ?? []
  const ms = unit === undefined ? Number.NaN : Number(number) * units[unit as DurationUnit]
  if (!(ms >= msMin && ms <= msMax))
    throw new Misuse(`${name} must be a time such as 500ms, 10s or 2m, at most ${written(msMax)}: not '${text}'`)
  return Math.round(ms)
}

/** 10 s, 1.5 s, 2 min */
export const durationText = (ms: number): string =>
  ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`
