/** Data of an event, made from its schema, for tests to begin with. */
import { z } from 'zod'

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
}

/** What people would write for fields that are called so. */
const known: Readonly<Record<string, unknown>> = {
  customerId: 'alice',
  currency: 'EUR',
  total: 4_990,
  amount: 4_990,
  sku: 'keyboard',
  country: 'DE',
  reason: 'out_of_stock',
}

const exampleFrom = (name: string, schema: JsonSchema): unknown => {
  if (name in known) return known[name]
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.type === 'object') {
    const required = Object.entries(schema.properties ?? {}).filter(([field]) => schema.required?.includes(field))
    return Object.fromEntries(required.map(([field, s]) => [field, exampleFrom(field, s)]))
  }
  if (schema.type === 'array') return [exampleFrom(name, schema.items ?? {})]
  if (schema.type === 'integer' || schema.type === 'number') return 1
  return schema.type === 'boolean' ? true : name
}

/** @returns a value that the schema accepts. @throws ZodError when this is not clever enough for it. */
export const exampleOf = (schema: z.ZodType): unknown =>
  schema.parse(exampleFrom('', z.toJSONSchema(schema, { io: 'input' }) as JsonSchema))
