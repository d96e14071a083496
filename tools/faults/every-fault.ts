import type { Fault } from './fault.ts'
import { businessFaults } from './faults/business.ts'
import { doubleFaults } from './faults/doubles.ts'
import { messageFaults } from './faults/messages.ts'
import { networkFaults } from './faults/network.ts'
import { pointFaults } from './faults/points.ts'
import { processFaults } from './faults/processes.ts'

/** Every fault there is. */
export const faults: readonly Fault[] = [
  ...processFaults,
  ...networkFaults,
  ...messageFaults,
  ...doubleFaults,
  ...businessFaults,
  ...pointFaults,
]
