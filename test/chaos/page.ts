/** PURE: the report as one page of HTML that needs nothing else. */
import type { ChaosReport, Figures } from './report.ts'

const html = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
const seconds = (ms: number | undefined): string => (ms === undefined ? '–' : (ms / 1_000).toFixed(1))

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  `<table><thead><tr>${head.map((h) => `<th>${html(h)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${html(String(cell))}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`

const figures = ({ p50Ms, p99Ms, maxMs }: Figures): string[] => [seconds(p50Ms), seconds(p99Ms), seconds(maxMs)]

const width = 1_000
const rowHeight = 12

/** One bar per fault: how long it lasted, then until its orders had ended. */
const timeline = ({ faults, begunAt, stormSeconds }: ChaosReport): string => {
  const from = Date.parse(begunAt)
  const spanMs = Math.max(stormSeconds * 1_000, ...faults.map((f) => f.overAtMs + (f.recoveryMs ?? 0) - from), 1)
  const x = (atMs: number) => ((atMs - from) / spanMs) * width
  const bars = faults.map((f, i) => {
    const [begun, over, back] = [f.begunAtMs, f.overAtMs, f.overAtMs + (f.recoveryMs ?? 0)].map(x) as [number, number, number]
    const y = i * rowHeight
    const title = `${f.did} · recovery ${seconds(f.recoveryMs)} s · ${f.orders} orders`
    return `<g><title>${html(title)}</title><rect class="on" x="${begun.toFixed(1)}" y="${y}" width="${Math.max(2, over - begun).toFixed(1)}" height="9"/><rect class="after" x="${over.toFixed(1)}" y="${y}" width="${Math.max(0, back - over).toFixed(1)}" height="9"/></g>`
  })
  return `<svg viewBox="0 0 ${width} ${faults.length * rowHeight}" role="img" aria-label="the faults in time">${bars.join('')}</svg>`
}

const style = `
:root { color-scheme: light dark; --line: #8884; --on: #c2410c; --after: #facc15; --good: #15803d; --bad: #b91c1c }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
.verdict { font-weight: 600; color: var(--bad) } .verdict.passed { color: var(--good) }
svg { width: 100%; height: auto } .on { fill: var(--on) } .after { fill: var(--after) }
.key { display: inline-block; width: .8em; height: .8em; vertical-align: baseline }`

export const pageOf = (report: ChaosReport): string => {
  const { orders, classes, faults, violations, recovery, recoveryAfterKill } = report
  const cancelled = Object.entries(orders.cancelled).map(([reason, count]) => [`cancelled: ${reason}`, count] as const)
  const verdict = report.passed
    ? 'Every order ended, every invariant holds.'
    : `${violations.length} invariants violated, ${orders.stuck.length} orders stuck, ${orders.lost.length} lost, ${orders.gaveUp} never accepted.`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Chaos, seed ${report.seed}</title><style>${style}</style></head><body>
<h1>Chaos run, seed ${report.seed}, ${html(report.begunAt)}</h1>
<p class="verdict${report.passed ? ' passed' : ''}">${html(verdict)}</p>
<p>${recovery.count} faults of ${classes.length} classes and ${orders.accepted} orders in ${report.stormSeconds} s; the last order ended ${report.drainSeconds} s after the faults. ${report.invariants} invariants hold.</p>
<h2>Recovery</h2>
<p>Seconds from the end of a fault (of a kill: from the kill) until the orders that were placed meanwhile had ended.</p>
${table(
  ['', 'faults', 'p50', 'p99', 'longest'],
  [
    ['all', recovery.count, ...figures(recovery)],
    ['a service killed', recoveryAfterKill.count, ...figures(recoveryAfterKill)],
  ],
)}
<h2>Orders</h2>
${table(
  ['outcome', 'orders'],
  [
    ['confirmed', orders.confirmed],
    ...cancelled,
    ['stuck', orders.stuck.length],
    ['lost', orders.lost.length],
    ['never accepted', orders.gaveUp],
  ],
)}
<h2>Violations</h2>
${
  violations.length === 0
    ? '<p>None.</p>'
    : table(
        ['invariant', 'times', 'first'],
        violations.map((v) => [v.invariant, v.count, v.first]),
      )
}
<h2>Faults in time</h2>
<p><span class="key" style="background:var(--on)"></span> lasts <span class="key" style="background:var(--after)"></span> until its orders had ended</p>
${timeline(report)}
<h2>The slowest orders</h2>
${table(
  ['order', 'took', 'steps, after so many seconds'],
  report.slowest.map((o) => [o.orderId, seconds(o.tookMs), o.steps.join(', ')]),
)}
<h2>By class</h2>
${table(
  ['class', 'faults', 'p50', 'p99', 'longest'],
  classes.map((c) => [c.name, c.count, ...figures(c)]),
)}
<h2>Each fault</h2>
${table(
  ['second', 'fault', 'lasted', 'orders', 'recovery'],
  faults.map((f) => [
    seconds(f.begunAtMs - Date.parse(report.begunAt)),
    f.did,
    seconds(f.overAtMs - f.begunAtMs),
    f.orders,
    seconds(f.recoveryMs),
  ]),
)}
</body></html>
`
}
