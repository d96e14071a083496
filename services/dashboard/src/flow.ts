/** Pure: the choreography with what was counted on its arrows. */
import { allEvents, choreography, edges, mermaid, pivot, serviceNames, topicOf } from '@shop/choreography'
import type { Flow, FlowLive } from './api.ts'
import type { KafkaState } from './kafka-watch.ts'
import { edgeName, isTerminal, isUndoing } from './saga.ts'

export interface FlowParts {
  /** The figure of a name; see `contributionsOf`. */
  readonly figure: (name: string) => number
  readonly kafka: KafkaState
  readonly services: FlowLive['services']
  readonly standstill?: string | undefined
}

export const flowLive = ({ figure, kafka, services, standstill }: FlowParts): FlowLive => ({
  sampledAt: new Date().toISOString(),
  events: allEvents.map((e) => ({
    type: e.name,
    service: e.service,
    topic: topicOf(e),
    count: figure(`event:${e.name}`),
    terminal: isTerminal(e.name),
    pivot: e === pivot,
  })),
  edges: edges.map(({ service, cause, effect }) => ({
    service,
    cause: cause.name,
    effect: effect.name,
    count: figure(`edge:${edgeName(cause.name, effect.name)}`),
    compensation: isUndoing(effect.name),
  })),
  starts: serviceNames.flatMap((service) =>
    Object.entries(choreography[service].starts).flatMap(([command, effects]) =>
      effects.map((e) => ({ service, command, effect: e.name, count: figure(`start:${e.name}`) })),
    ),
  ),
  topics: kafka.topics,
  groups: kafka.groups,
  services,
  ...(standstill === undefined ? {} : { standstill }),
  ...(kafka.error === undefined ? {} : { kafkaError: kafka.error }),
})

export const flow = (parts: FlowParts): Flow => ({ mermaid: mermaid(), ...flowLive(parts) })
