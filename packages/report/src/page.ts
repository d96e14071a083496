/** PURE: what was measured as one self-contained page: no script, nothing fetched, light and dark. */

export interface Table {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Section {
  readonly title: string
  /** Paragraphs. */
  readonly text?: readonly string[]
  /** SVG, as the charts of this package are. */
  readonly chart?: string
  readonly table?: Table
  /** Numbered lines. */
  readonly list?: readonly string[]
  /** Address and what stands there. */
  readonly links?: readonly (readonly [url: string, name: string])[]
}

export interface Report {
  readonly title: string
  /** Paragraphs, such as the command that made it and on which machine. */
  readonly about: readonly string[]
  readonly sections: readonly Section[]
  /** While it is being written: a browser loads it again so often. Absent: it is whole. */
  readonly refreshSeconds?: number
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const text = (raw: string): string => raw.replace(/[&<>"]/g, (character) => entities[character] ?? character)

/** `code` between backticks, as in Markdown. */
const inline = (raw: string): string => text(raw).replace(/`([^`]+)`/g, '<code>$1</code>')

const paragraphs = (of: readonly string[] = []): string => of.map((each) => `<p>${inline(each)}</p>`).join('\n')

const isFigure = (cell: string): boolean => /^[<>=≤≥ (]*-?[\d–][\d.,]*/.test(cell)

const tableOf = ({ heads, rows }: Table): string => {
  const cell = (content: string) => `<td${isFigure(content) ? ' class="figure"' : ''}>${inline(content)}</td>`
  const head = heads.map((name) => `<th scope="col">${text(name)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')
  // Whoever cannot use a mouse scrolls what is wider than the screen with the keyboard.
  return `<div class="wide" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}

const sectionOf = ({ title, text: lines, chart, table, list, links }: Section): string =>
  [
    `<section><h2>${text(title)}</h2>`,
    paragraphs(lines),
    chart === undefined ? '' : `<div class="wide" tabindex="0">${chart}</div>`,
    list === undefined ? '' : `<ol>${list.map((line) => `<li>${inline(line)}</li>`).join('')}</ol>`,
    table === undefined ? '' : tableOf(table),
    links === undefined ? '' : `<p>${links.map(([url, name]) => `<a href="${text(url)}">${text(name)}</a>`).join(' · ')}</p>`,
    '</section>',
  ]
    .filter((part) => part !== '')
    .join('\n')

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: Canvas; color: CanvasText }
h1 { line-height: 1.2 } h2 { margin-top: 2.5rem }
code { font-size: .9em } .wide { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-size: .9rem } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, CanvasText 20%, Canvas) }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
`

const refresh = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `\n<meta http-equiv="refresh" content="${seconds}">`

export const reportPage = ({ title, about, sections, refreshSeconds }: Report): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">${refresh(refreshSeconds)}
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${paragraphs(about)}
${sections.map(sectionOf).join('\n')}
</main>
</body>
</html>
`
