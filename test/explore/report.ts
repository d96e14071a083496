/** What an exploration has found, for people. */
import type { Exploration, Violation } from './explorer/explore.ts'
import type { Found } from './hunt.ts'

const count = (n: number): string => n.toLocaleString('en')

const tellViolation = ({ text, trace }: Violation): void => {
  const [begin, ...steps] = trace
  console.log(`✗ ${text}, after ${count(steps.length)} steps:\n    begins with ${begin}`)
  for (const [i, step] of steps.entries()) console.log(`${String(i + 1).padStart(4)}. ${step}`)
}

const boundOf = ({ boundedBy, open }: Exploration): string =>
  boundedBy === undefined
    ? 'all that can be reached'
    : `bounded by ${boundedBy === 'states' ? '--states' : '--depth'}: from ${count(open)} of them it went no further`

export const tellExploration = (exploration: Exploration): void => {
  const { states, transitions, idle, depth, ends, violation, seconds } = exploration
  console.log(
    `${count(states)} states (${violation === undefined ? boundOf(exploration) : 'until the first violation'}), ${count(transitions)} transitions and ${count(idle)} that change nothing, ${count(depth)} steps deep`,
  )
  console.log(`${seconds.toFixed(1)} s, ${count(Math.round(states / seconds))} states/s`)
  if (violation !== undefined) {
    tellViolation(violation)
    return
  }
  console.log('ends, by kind:')
  for (const [kind, number] of Object.entries(ends)) console.log(`${count(number).padStart(8)}  ${kind}`)
  console.log(
    exploration.boundedBy === undefined
      ? '✓ from every state an end can be reached, and all invariants hold in each'
      : '✓ from every state an end or a state at the bound can be reached, and all invariants hold in each',
  )
}

export const tellFound = ({ bug, exploration: { violation, states } }: Found): void => {
  if (violation === undefined) console.log(`✗ ${bug.name} ${bug.does}: not found in ${count(states)} states`)
  else {
    console.log(`✓ ${bug.name} ${bug.does}: found in ${count(states)} states`)
    tellViolation(violation)
  }
}
