import { curveBumpX, link } from 'd3-shape'
import type { Mark } from '#page/saga/layout.ts'

/** Room for the times along the top, in pixels. */
export const axisPx = 54
/** Height of a lane, as the style sheet has it for their names. */
export const lanePx = 96
const markY = 36
/** Of a mark. */
export const radius = 9

/** Where the marks of a lane are. */
export const yOf = (lane: number): number => axisPx + lane * lanePx + markY

const curve = link(curveBumpX)

/** From one mark's right to another one's left, leaving and arriving level. `gapPx` is left for the head. */
export const arrow = (
  from: Pick<Mark, 'x' | 'lane'>,
  to: { readonly x: number; readonly y: number },
  gapPx = radius + 3,
): string => {
  const y = yOf(from.lane)
  if (y === to.y) return `M${from.x + radius} ${y} H${to.x - gapPx}`
  return curve({ source: [from.x + radius, y], target: [to.x - gapPx, to.y] }) ?? ''
}
