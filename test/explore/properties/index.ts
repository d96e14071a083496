import type { Properties } from '../choreographed/parts.ts'
import { disagreement } from './agreement.ts'
import { brokenInvariant } from './at-rest.ts'
import { flawOfCell, flawOfShared } from './cells.ts'
import { flawOfHandling } from './handling.ts'

export const properties: Properties = {
  ofHandling: flawOfHandling,
  ofCell: flawOfCell,
  ofShared: flawOfShared,
  ofOrder: disagreement,
  atRest: brokenInvariant,
}
