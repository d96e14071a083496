/** docs/tutorial.md, carried out in a copy of the repository: its files are written, its commands run, what they print is compared. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Block, blocksOf, isShown } from './blocks.ts'
import { copyRepository, root } from './copy.ts'
import { type Printed, Terminal } from './terminal.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const blocks = blocksOf(read('docs/tutorial.md'))
const copy = copyRepository()
let terminal: Terminal

beforeAll(async () => {
  terminal = await Terminal.open(copy.folder, [{ name: 'loyalty', port: 3006 }])
})
afterAll(async () => {
  await terminal?.close()
  copy.remove()
})

type Commands = Block & { readonly kind: 'commands' }

const answerMsMax = 90_000
const pollMs = 200

/** What is only asked may be asked again, until it is as shown. */
const untilShown = async (ask: () => Promise<Printed>, shown: string): Promise<Printed> => {
  const deadline = Date.now() + answerMsMax
  for (;;) {
    const printed = await ask()
    if (isShown(shown, printed.output) || Date.now() > deadline) return printed
    await pause(pollMs)
  }
}

const printedBy = async ({ text, output, stays }: Commands): Promise<Printed> => {
  const commands = terminal.here(text)
  const shown = terminal.here(output ?? '…')
  if (stays) {
    const sofar = terminal.start(commands)
    return await untilShown(async () => sofar(), shown)
  }
  if (text.startsWith('curl -s localhost')) return await untilShown(() => terminal.run(commands), shown)
  return await terminal.run(commands)
}

const outputs: string[] = []

const carryOut = async (block: Block): Promise<void> => {
  if (block.kind === 'file') {
    const file = join(copy.folder, block.path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, block.text)
    return
  }
  const { output, code } = await printedBy(block)
  outputs.push(output)
  if (block.output !== undefined && !isShown(terminal.here(block.output), output))
    expect(output).toBe(terminal.here(block.output))
  if (!block.stays) expect(code === 0, `exit code ${code}: ${output}`).toBe(!block.fails)
}

const titleOf = (block: Block): string =>
  block.kind === 'file' ? `writes ${block.path}` : `$ ${block.text.trim().split('\n')[0]}`

describe('the tutorial', () => {
  // Each step needs the one before it: after one that fails nothing is waited for.
  let failed: string | undefined
  test.each(blocks.map((block, i) => [i + 1, titleOf(block).slice(0, 90), block] as const))(
    '%i: %s',
    async (_i, title, block) => {
      if (failed !== undefined) throw new Error(`not tried after: ${failed}`)
      failed = title
      await carryOut(block)
      failed = undefined
    },
  )

  test('leaves a repository that is formatted, and whose generated files are current', async () => {
    const { output, code } = await terminal.run('npm run -s lint && npm run -s generate')
    expect({ output: output.match(/^wrote .*/gm), code }, output).toEqual({ output: null, code: 0 })
  })
})

/** The lines of `made` and `changed`. */
const filesIn = (text: string): string[] => [...text.matchAll(/^ {2}(\S+)$/gm)].map((m) => m[1] ?? '').toSorted()

test('the README lists the files that a further service touches', () => {
  const touched = filesIn(outputs[0] ?? '')
  console.log(['a further service touches:', ...touched].join('\n  '))
  expect(touched.length).toBeGreaterThan(15)
  const [, listed = ''] = /## A further service[\s\S]*?```\n(made\n[\s\S]*?)```/.exec(read('README.md')) ?? []
  expect(filesIn(listed.replaceAll('<name>', 'loyalty'))).toEqual(touched)
})
