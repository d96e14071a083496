/** What can stand on a command line, and what its text becomes. */
import { resolve } from 'node:path'
import { type DurationBounds, readDuration } from './duration.ts'
import { Misuse } from './refusals.ts'

/** One option: what the help says of it, and what is made of it. */
export interface Option<T> {
  /** A few words; further lines are set below the first one. */
  readonly about: string
  /** What stands behind it, such as SECONDS; absent: nothing does, it is there or not. */
  readonly value?: string
  readonly many?: true
  /** @param given each text that stood behind it; undefined: it was not given. @throws Misuse */
  take(given: readonly string[] | undefined, name: string): T
}

// biome-ignore lint/suspicious/noExplicitAny: what it becomes is each option's own
export type Options = Readonly<Record<string, Option<any>>>
export type Values<O extends Options> = { readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never }

/** Makes a value of a text. `name` is what was written before it, such as --wait. @throws Misuse */
export type Read<T> = (text: string, name: string) => T

/** It is there or not. */
export const flag = (about: string): Option<boolean> => ({ about, take: (given) => given !== undefined })

/** With a value; undefined when it is not given. @param value its name in the help, in capitals */
export const option = <T>(value: string, about: string, read: Read<T>): Option<T | undefined> => ({
  value,
  about,
  take: (given, name) => (given === undefined ? undefined : read(given.at(-1) ?? '', name)),
})

/** With a value, and one that it has when it is not given. */
export const optionOr = <T, const D>(value: string, about: string, read: Read<T>, otherwise: D): Option<T | D> => ({
  value,
  about,
  take: (given, name) => (given === undefined ? otherwise : read(given.at(-1) ?? '', name)),
})

/** May be given several times; undefined when it is not given. */
export const optionList = <T>(value: string, about: string, read: Read<T>): Option<readonly T[] | undefined> => ({
  value,
  about,
  many: true,
  take: (given, name) => given?.map((text) => read(text, name)),
})

export const text: Read<string> = (text) => text

/** A file or folder, from where npm was called. */
export const path: Read<string> = (text, name) => {
  if (text === '') throw new Misuse(`${name} needs a path`)
  return resolve(process.env.INIT_CWD ?? process.cwd(), text)
}

export const wholeNumber =
  (min: number, max: number): Read<number> =>
  (text, name) => {
    const number = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(number) || number < min || number > max)
      throw new Misuse(
        max === Number.MAX_SAFE_INTEGER
          ? `${name} must be a whole number from ${min} on, not '${text}'`
          : `${name} must be a whole number from ${min} to ${max}, not '${text}'`,
      )
    return number
  }

export const number =
  (min: number, max: number): Read<number> =>
  (text, name) => {
    const number = Number(text)
    if (text.trim() === '' || !(number >= min && number <= max))
      throw new Misuse(`${name} must be a number from ${min} to ${max}, not '${text}'`)
    return number
  }

export const oneOf =
  <T extends string>(values: readonly T[]): Read<T> =>
  (text, name) => {
    const found = values.find((value) => value === text)
    if (found === undefined) throw new Misuse(`there is no ${name.replace(/^-+/, '')} '${text}': one of ${values.join(', ')}`)
    return found
  }

/** A time, in milliseconds. */
export const duration =
  (bounds: DurationBounds): Read<number> =>
  (text, name) =>
    readDuration(text, name, bounds)
