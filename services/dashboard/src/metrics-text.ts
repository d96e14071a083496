/** Pure: reads the text that Prometheus scrapes. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g

export const readMetrics = (text: string): readonly Sample[] =>
  text.split('\n').flatMap((row) => {
    const [, name, labels = '', value] = line.exec(row) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(label)].map(([, key, text = '']) => [key, text.replace(/\\(.)/g, '$1')])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })

/** The sum over all labels; undefined when there is no such sample. */
export const sumOf = (samples: readonly Sample[], name: string): number | undefined => {
  const found = samples.filter((s) => s.name === name)
  return found.length === 0 ? undefined : found.reduce((sum, s) => sum + s.value, 0)
}

/** By the value of one label. */
export const byLabel = (samples: readonly Sample[], name: string, key: string): Record<string, number> =>
  Object.fromEntries(samples.filter((s) => s.name === name).map((s) => [s.labels[key] ?? '', s.value]))
