/** Pure: hides who somebody is and where they live. Customer ids and the country stay: the shop's flow cannot be followed without them. */

const personal = new Set(['name', 'street', 'city', 'postalCode', 'email', 'phone'])
const hidden = '•••'

/** The same value with every personal text in it, however deep, replaced. */
export const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([name, v]) => [
    name,
    personal.has(name) && typeof v === 'string' ? hidden : masked(v),
  ])
  return Object.fromEntries(entries)
}
