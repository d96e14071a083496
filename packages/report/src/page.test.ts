import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { barsOf, lanesOf } from './chart.ts'
import { reportPage } from './page.ts'

const counted = [
  { line: 'committed before', kind: 'lost', count: 3 },
  { line: 'committed before', kind: 'doubled', count: 0 },
  { line: 'committed after', kind: 'lost', count: 0 },
  { line: 'committed after', kind: 'doubled', count: 7 },
]
const widthsIn = (svg: string): number[] =>
  [...parseHTML(svg).document.querySelectorAll('rect')].map((bar) => Number(bar.getAttribute('width')))

describe('a chart', () => {
  it('has a bar of each kind in each line, as long as its count', () => {
    const widths = widthsIn(barsOf(counted, { about: 'lost and doubled', unit: 'payments' }))
    expect(widths).toHaveLength(4)
    const longest = Math.max(...widths)
    expect(widths.map((width) => Math.round((7 * width) / longest))).toEqual([3, 0, 0, 7])
  })

  it('says for whom does not see it what it shows', () => {
    expect(barsOf(counted, { about: 'lost and doubled', unit: 'payments' })).toContain('aria-label="lost and doubled"')
  })

  it('shows who had a lane when, and when it was nobody’s', () => {
    const svg = lanesOf(
      [
        { lane: 'partition 0', owner: 'a', from: 0, to: 4 },
        { lane: 'partition 0', from: 4, to: 5 },
        { lane: 'partition 0', owner: 'b', from: 5, to: 10 },
      ],
      [{ at: 4, label: 'a leaves' }],
      'owners',
    )
    const [nobody, a, b] = widthsIn(svg)
    expect([nobody, a, b].map((width) => Math.round((10 * (width ?? 0)) / ((nobody ?? 0) + (a ?? 0) + (b ?? 0))))).toEqual([
      1, 4, 5,
    ])
  })
})

describe('a page', () => {
  const page = reportPage({
    title: 'Seen & counted',
    about: ['Written by `npm run lab`.'],
    sections: [
      {
        title: 'What was lost',
        chart: barsOf(counted, { about: 'x', unit: 'payments' }),
        table: { heads: ['mode', 'lost'], rows: [['<b>bold</b>', '3 (> 0)']] },
        links: [['https://kafka.apache.org/documentation/', 'Kafka']],
      },
    ],
  })

  it('fetches nothing and runs nothing', () => {
    const { document } = parseHTML(page)
    expect(document.querySelectorAll('script, link, img, iframe')).toHaveLength(0)
    expect(page).toContain(`default-src 'none'`)
  })

  it('shows texts as they are', () => {
    const { document } = parseHTML(page)
    expect(document.querySelector('td')?.textContent).toBe('<b>bold</b>')
    expect(document.querySelector('h1')?.textContent).toBe('Seen & counted')
    expect(document.querySelector('code')?.textContent).toBe('npm run lab')
    expect(document.querySelectorAll('td')[1]?.className).toBe('figure')
  })
})
