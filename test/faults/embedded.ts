/** Vitest's global set-up: as the scenarios', with everything that faults need. */
import type { TestProject } from 'vitest/node'
import { withShop } from '../scenarios/embedded.ts'

export default (project: TestProject) => withShop(project, { faults: true })
