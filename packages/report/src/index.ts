export { barsOf, type Counted, lanesOf, type Moment, type Stretch } from './chart.ts'
export { type Report, reportPage, type Section, type Table } from './page.ts'
