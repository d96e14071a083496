/** Plants bugs, one after the other, and looks for each. */
import { type Bug, inKit } from './bugs/bug.ts'
import { bugs } from './bugs/index.ts'
import { choreographed } from './choreographed/model.ts'
import { realParts } from './choreographed/parts.ts'
import { type Bounds, type Exploration, explore } from './explorer/explore.ts'
import type { Model } from './explorer/model.ts'
import { properties } from './properties/index.ts'

export interface Found {
  readonly bug: Bug
  readonly exploration: Exploration
}

/** The shop with several orders has too many states to walk them with dead letters: what these do to one order is walked with one. */
export const shopOf = (
  orders: number,
  { hasLetters }: { readonly hasLetters: boolean },
  plant: Bug['plant'] = (real) => real,
): Model => {
  const parts = plant(realParts)
  const plain = hasLetters ? parts : inKit(() => ({ mayFail: false }))(parts)
  return choreographed({ orders, isReduced: orders > 1 }, plain, properties)
}

/** Explores the shop with a bug until its first violation, which has a shortest trace. */
export const hunt = (bug: Bug, bounds: Bounds): Found => {
  const { orders = 1, plant } = bug
  return { bug, exploration: explore(shopOf(orders, { hasLetters: orders === 1 }, plant), bounds) }
}

export const huntAll = (bounds: Bounds): readonly Found[] => bugs.map((bug) => hunt(bug, bounds))
