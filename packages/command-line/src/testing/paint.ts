/** A command for the tests of the frame: its operand says how it ends. */
import { command, runCommand } from '../command.ts'
import { Refused } from '../refusals.ts'

class Unreadable extends Refused {
  override readonly exitCode = 2
}

const paint = command({
  name: 'paint',
  usage: 'paint <how>',
  about: 'Paints.',
  operands: [['<how>', 'how it ends']],
  options: {},
  examples: [],
  exitCodes: '0 painted, 7 not foreseen',
  failureCode: 7,
})

const throws: Readonly<Record<string, () => Error>> = {
  refused: () => new Refused('the wall is wet'),
  unreadable: () => new Unreadable('there is no wall'),
  failed: () => new Error('the bucket is empty'),
  defect: () => new TypeError('wall is not a function'),
}

await runCommand(paint, async ({ operands: [how = ''] }) => {
  const thrown = throws[how]
  if (thrown !== undefined) throw thrown()
  console.log(`painted ${how}`)
  return how === 'badly' ? 1 : 0
})
