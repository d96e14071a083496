/** What follows from the choreography and is the same in all runs. */
import { allTopics, catalogueFor, deadLetterTopic, type ServiceName, serviceNames, subscriptionsOf } from '@shop/choreography'

const ofEach = <T>(make: (service: ServiceName) => T): ((service: ServiceName) => T) => {
  const made = Object.fromEntries(serviceNames.map((s) => [s, make(s)])) as Record<ServiceName, T>
  return (service) => made[service]
}

export const catalogueOf = ofEach(catalogueFor)
export const topicsOf: (service: ServiceName) => readonly string[] = ofEach(subscriptionsOf)

export const { events: eventTopics } = allTopics()
export const deadLetterTopics = serviceNames.flatMap((service) =>
  topicsOf(service).map((topic) => ({ service, name: deadLetterTopic(topic, service) })),
)
