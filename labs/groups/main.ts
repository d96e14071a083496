/** `npm run lab -- groups`: what becomes of partitions as members come and go. */
import { writeFileSync } from 'node:fs'
import { command, flag, type Given, option, optionOr, path, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { onServers } from '../servers.ts'
import type { Outcome } from './acts.ts'
import type { GroupView } from './broker-view.ts'
import { pageOf } from './page.ts'
import { picturePage } from './picture.ts'
import { measureGroup } from './run.ts'
import { textOf } from './table.ts'
import { Timeline } from './timeline.ts'
import { linesOf } from './view.ts'

const groupsCommand = command({
  name: 'lab groups',
  usage: 'npm run lab -- groups [options]',
  about: `Lets members of a consumer group join, leave, idle, be paused past their session, be killed and come back while payments go on; commits
late, moves the group and adds partitions. Shows partitions, members, offsets and lag meanwhile, in a terminal, and tells who stood still for how
long. Fails when a partition has not one owner, or a payment not one effect in its order.`,
  options: {
    seed: optionOr('S', 'of the payments; default 1', wholeNumber(0, 2 ** 31 - 1), 1),
    page: option(
      'FILE',
      'writes the table as Markdown, or, as FILE.html, who had which partition when, in a page that grows meanwhile',
      path,
    ),
    json: flag('prints the outcomes for machines'),
  },
  examples: [
    ['npm run lab -- groups', 'two minutes, best in a terminal'],
    ['npm run lab -- groups --page groups.html', 'the same on a page: open it while it runs'],
  ],
  exitCodes: '0 all is as expected, 1 something is not, 2 the request makes no sense',
})

const clear = '\x1b[2J\x1b[H'
const draw = (act: string, view: GroupView): void => void process.stderr.write(`${clear}${linesOf(act, view).join('\n')}\n`)
const say = (line: string) => console.error(`lab: ${new Date().toISOString().slice(11, 19)} ${line}`)
const commandOf = (seed: number): string => `npm run lab -- groups --seed ${seed}`

/** Where the page is written, again and again while the group is looked at. */
const pageAt = (file: string | undefined, seed: number) => {
  const timeline = new Timeline()
  const isPicture = file?.endsWith('.html') === true
  const write = (outcomes: readonly Outcome[] | undefined): void => {
    if (file === undefined) return
    if (isPicture) writeFileSync(file, picturePage(commandOf(seed), timeline, outcomes))
    else if (outcomes !== undefined) writeFileSync(file, pageOf(commandOf(seed), outcomes))
  }
  return {
    see: (act: string, view: GroupView): void => {
      if (!isPicture) return
      timeline.see(act, view, performance.now())
      write(undefined)
    },
    write,
  }
}

const run = async ({ options: { seed, page: file, json } }: Given<typeof groupsCommand.options>): Promise<number> => {
  const page = pageAt(file, seed)
  const show = (act: string, view: GroupView): void => {
    page.see(act, view)
    if (process.stderr.isTTY) draw(act, view)
  }
  const outcomes = await onServers({ say, signal: endOnRequest(say) }, (addresses) =>
    measureGroup({ seed, say, show }, addresses),
  )
  page.write(outcomes)
  console.log(json ? JSON.stringify({ seed, outcomes }, null, 2) : textOf(outcomes))
  return outcomes.every(({ deviations }) => deviations.length === 0) ? 0 : 1
}

export const groups = experiment(groupsCommand, run)
