/**
 * The services beside the five, by the shape that `npm run new-service` gives them: the aggregate is named as its service and exports
 * `decide`, from the state of one order and an event to the state after it and what is told. They share nothing between orders.
 */
import { join } from 'node:path'

export type Decide = (
  state: unknown,
  event: unknown,
) => { readonly state: unknown; readonly emit: readonly { readonly type: string; readonly data: unknown }[] }

/** @throws Error when the service has another shape. */
export const furtherDecide = async (service: string): Promise<Decide> => {
  const file = join(import.meta.dirname, '../../../services', service, 'src', `${service}.ts`)
  const { decide }: { readonly decide?: Decide } = await import(file)
  if (decide === undefined) throw new Error(`${file} exports no decide`)
  return decide
}
