import type { Choreography, EventDefinition } from './define.ts'

/** What the graph checks need to know beside the reactions. */
export interface Rules {
  readonly pivot: EventDefinition
  readonly compensations: readonly { readonly step: EventDefinition; readonly undoneBy: EventDefinition }[]
  readonly terminal: readonly EventDefinition[]
}

/**
 * Checks the choreography as a graph and returns one sentence for each flaw, none when it is sound:
 * only the owner emits an event; what is needed is consumed, and waits for nothing itself; whatever is consumed is emitted; whatever is
 * emitted is consumed unless terminal; from every event a terminal one can be reached; every step before the pivot names a compensation,
 * and nothing after it does. What only follows a terminal event is no part of the saga: it may end anywhere, and nobody needs to consume it.
 */
export const flaws = (services: Choreography, { pivot, compensations, terminal }: Rules): string[] => {
  const found: string[] = []
  const participants = Object.entries(services)
  const emittedBy = (p: Choreography[string]) => [...Object.values(p.starts).flat(), ...p.reactions.flatMap((r) => r.emits)]
  const emitted = new Set(participants.flatMap(([, p]) => emittedBy(p)))
  const consumed = new Set(participants.flatMap(([, p]) => p.reactions.map((r) => r.on)))
  const isTerminal = (e: EventDefinition) => terminal.includes(e)

  for (const [service, p] of participants) {
    for (const e of emittedBy(p)) {
      if (e.service !== service) found.push(`${service} emits ${e.name}, which ${e.service} owns`)
      if (p.topic === undefined) found.push(`${service} emits ${e.name} but owns no topic`)
    }
    const twice = p.reactions.map((r) => r.on.name).filter((name, i, all) => all.indexOf(name) !== i)
    for (const name of twice) found.push(`${service} declares two reactions to ${name}`)
    for (const r of p.reactions)
      for (const need of r.needs) {
        const needed = p.reactions.find((other) => other.on === need)
        if (needed === undefined) found.push(`${service} needs ${need.name} for ${r.on.name} but does not consume it`)
        else if (needed.needs.length > 0) found.push(`${service} needs ${need.name} for ${r.on.name}, but that waits itself`)
      }
  }
  for (const e of consumed) if (!emitted.has(e)) found.push(`${e.name} is consumed but nobody emits it`)
  const effects = new Map<EventDefinition, Set<EventDefinition>>()
  for (const [, p] of participants)
    for (const r of p.reactions) for (const e of r.emits) effects.set(r.on, (effects.get(r.on) ?? new Set()).add(e))
  // A request to cancel lets the order's other path end: it changes how a later event is answered, so it follows the needs of the pivot's owner.
  const owner = services[pivot.service]
  for (const r of owner?.reactions ?? [])
    if (r.emits.length === 0)
      for (const other of owner?.reactions ?? [])
        for (const e of other.emits) effects.set(r.on, (effects.get(r.on) ?? new Set()).add(e))

  const reach = (from: EventDefinition): Set<EventDefinition> => {
    const seen = new Set([from])
    for (const e of seen) for (const next of effects.get(e) ?? []) seen.add(next)
    return seen
  }
  const isEpilogue = epilogueOf(terminal, effects)
  for (const e of emitted) {
    if (isTerminal(e) || isEpilogue(e)) continue
    if (!consumed.has(e)) found.push(`${e.name} is emitted but nobody consumes it`)
    if (![...reach(e)].some(isTerminal)) found.push(`${e.name} leads to no terminal event`)
  }

  const compensated = new Map(compensations.map((c) => [c.step, c.undoneBy]))
  const undoings = new Set(compensations.map((c) => c.undoneBy))
  const afterPivot = reach(pivot)
  for (const e of emitted) {
    const isStep = reach(e).has(pivot) && e.service !== pivot.service && !undoings.has(e)
    const isForward = isStep && [...effects].some(([cause, to]) => to.has(e) && reach(cause).has(pivot))
    if (isForward && !compensated.has(e)) found.push(`${e.name} comes before the pivot ${pivot.name} but names no compensation`)
    if (afterPivot.has(e) && compensated.has(e))
      found.push(`${e.name} comes after the pivot ${pivot.name} but names a compensation`)
  }
  for (const { step, undoneBy } of compensations)
    if (step.service !== undoneBy.service) found.push(`${step.name} is undone by ${undoneBy.name} of another service`)
  return found
}

/** Events that have no cause but terminal ones, and what follows them. */
const epilogueOf = (
  terminal: readonly EventDefinition[],
  effects: ReadonlyMap<EventDefinition, ReadonlySet<EventDefinition>>,
) => {
  const after = new Set(terminal)
  for (const e of after) for (const effect of effects.get(e) ?? []) after.add(effect)
  const causesOf = (e: EventDefinition) => [...effects].filter(([, to]) => to.has(e)).map(([cause]) => cause)
  return (e: EventDefinition): boolean => after.has(e) && !terminal.includes(e) && causesOf(e).every((cause) => after.has(cause))
}
