/** Values are not changed once they are made, and new ones are made of old ones: most of their texts are known. */
const texts = new WeakMap<object, string>()

const textOf = (value: object): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const members = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${members
    .map(([name, v]) => `${JSON.stringify(name)}:${canonical(v)}`)
    .sort()
    .join()}}`
}

/** The same text for equal values, however they came about: JSON with sorted members, those that are `undefined` left out. */
export const canonical = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const known = texts.get(value)
  if (known !== undefined) return known
  const text = textOf(value)
  texts.set(value, text)
  return text
}

/** Values by number: the same number for equal values, counted from 0 in the order in which they are met. */
export class Interned<Value> {
  readonly #numbers = new Map<string, number>()
  readonly #values: Value[] = []
  readonly #onNew: (value: Value, number: number) => void

  /** @param onNew called once for each value, when it is met first: the place to work out what is asked of it often. */
  constructor(onNew: (value: Value, number: number) => void = () => {}) {
    this.#onNew = onNew
  }

  numberOf(value: Value): number {
    const text = canonical(value)
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#values.length
    this.#numbers.set(text, number)
    this.#values.push(value)
    this.#onNew(value, number)
    return number
  }

  /** @throws RangeError for a number that was never given. */
  valueOf(number: number): Value {
    if (number >= this.#values.length) throw new RangeError(`no value has the number ${number}`)
    return this.#values[number] as Value
  }

  get count(): number {
    return this.#values.length
  }
}
