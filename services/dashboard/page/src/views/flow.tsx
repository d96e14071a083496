import type { Flow, FlowLive, SeriesAnswer } from '#api'
import { FlowDiagram, FlowTable } from '#page/flow/diagram.tsx'
import { Services, Topics } from '#page/flow/tables.tsx'
import { duration, shortCount } from '#page/format.ts'
import { useAsked } from '#page/live/asking.ts'
import { about } from '#page/live/server.ts'
import { flowLive } from '#page/live/stream.ts'
import { Chart, type Line } from '#page/parts/chart.tsx'
import { Standstills } from '#page/parts/standstills.tsx'
import { Empty, Trouble } from '#page/parts/words.tsx'
import { goQuery, query } from '#page/route.ts'

const spans = [5, 15, 60, 360]
const seriesMs = 2_000

/** The choreography with what goes through it, and how the services keep up. */
export const FlowView = () => {
  const first = useAsked<Flow>('/api/flow')
  const flow: FlowLive | undefined = flowLive.value ?? first.answer
  const minutes = spans.find((s) => String(s) === query.value.get('minutes')) ?? 15
  const series = useAsked<SeriesAnswer>(`/api/series?minutes=${minutes}`, seriesMs)
  return (
    <>
      <div class="page-head">
        <h1>Flow</h1>
        <p>Who reacts to what, from the file that declares it, and how often each reaction has happened. Dotted arrows undo.</p>
      </div>
      {flow && <Standstills flow={flow} />}
      {first.error && !flow && <Trouble>{first.error}</Trouble>}
      {flow && (
        <section aria-label="The choreography">
          <FlowDiagram flow={flow} />
          <FlowTable flow={flow} />
        </section>
      )}
      <section aria-labelledby="charts-title">
        <div class="head">
          <h2 id="charts-title">Over time</h2>
          <fieldset class="choice">
            <legend class="unseen">Span</legend>
            {spans.map((s) => (
              <label key={s}>
                <input
                  type="radio"
                  name="minutes"
                  checked={minutes === s}
                  onChange={() => goQuery({ minutes: s === 15 ? '' : String(s) })}
                />
                {s < 60 ? `${s} min` : `${s / 60} h`}
              </label>
            ))}
          </fieldset>
        </div>
        {series.error && <Trouble>{series.error}</Trouble>}
        {series.answer && <Charts series={series.answer} minutes={minutes} />}
      </section>
      {flow?.kafkaError && <Trouble>{flow.kafkaError}</Trouble>}
      {flow && <Services services={flow.services} groups={flow.groups} />}
      {flow && <Topics topics={flow.topics} groups={flow.groups} />}
    </>
  )
}

const rate = (value: number): string =>
  value >= 10 || Number.isInteger(value) ? shortCount(Math.round(value)) : value.toFixed(1)

/** Steps in which nothing happened are left out of the answer; on a chart they are noughts, or gaps. */
const filled = ({ sagas, stepMs }: SeriesAnswer, [from, to]: Span) => {
  const at = new Map(sagas.map((p) => [Date.parse(p.at), p]))
  const times: number[] = []
  for (let t = Math.ceil(from / stepMs) * stepMs; t < to - stepMs && times.length < 2_000; t += stepMs) times.push(t)
  return { times, points: times.map((t) => at.get(t)) }
}

type Span = readonly [number, number]

/** Each service is asked at times of its own: the lines share one time axis and are joined over its gaps. */
const byService = (series: SeriesAnswer, [from]: Span) => {
  const order = about.value?.lanes.map((l) => l.service) ?? []
  const services = series.services.toSorted((a, b) => order.indexOf(a.service) - order.indexOf(b.service))
  const all = services.flatMap((s) => s.points.map((p) => Date.parse(p.at))).filter((t) => t >= from)
  const times = [...new Set(all)].sort((a, b) => a - b)
  const lines = (key: 'outboxDepth' | 'lag'): Line[] =>
    services
      .filter((s) => s.points.some((p) => p[key] !== undefined))
      .map((s) => {
        const at = new Map(s.points.map((p) => [Date.parse(p.at), p[key] ?? null]))
        return { label: s.service, colour: `--${s.service}`, values: times.map((t) => at.get(t) ?? null) }
      })
  return { times, lines }
}

const Charts = ({ series, minutes }: { readonly series: SeriesAnswer; readonly minutes: number }) => {
  if (series.sagas.length === 0)
    return (
      <Empty title="Nothing happened in this time">
        Place an order in the <a href="/">shop</a>, or choose a longer time.
      </Empty>
    )
  const now = Date.now()
  const span: Span = [now - minutes * 60_000, now]
  const { times, points } = filled(series, span)
  const services = byService(series, span)
  const perSecond = (key: 'placed' | 'confirmed' | 'cancelled') => points.map((p) => ((p?.[key] ?? 0) * 1_000) / series.stepMs)
  return (
    <div class="charts">
      <Chart
        title="Orders"
        unit="per second"
        span={span}
        times={times}
        format={(v) => `${rate(v)}/s`}
        lines={[
          { label: 'placed', colour: '--order', values: perSecond('placed') },
          { label: 'confirmed', colour: '--good', values: perSecond('confirmed') },
          { label: 'cancelled', colour: '--undo', values: perSecond('cancelled'), dashed: true },
        ]}
      />
      <Chart
        title="From placed to ended"
        unit="milliseconds"
        span={span}
        times={times}
        format={duration}
        lines={[
          { label: 'half within', colour: '--payment', values: points.map((p) => p?.durationP50Ms ?? null) },
          { label: '95 % within', colour: '--inventory', values: points.map((p) => p?.durationP95Ms ?? null), dashed: true },
        ]}
      />
      <Chart
        title="Waiting in outboxes"
        unit="events"
        span={span}
        times={services.times}
        format={rate}
        lines={services.lines('outboxDepth')}
      />
      <Chart
        title="Waiting for consumers"
        unit="events"
        span={span}
        times={services.times}
        format={rate}
        lines={services.lines('lag')}
      />
    </div>
  )
}
