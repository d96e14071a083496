/** What Kafka Connect is told of a service whose messages it takes from PostgreSQL's log to the broker. Data alone. */

/** Of logical messages; what else is in the log is not the connector's affair. */
const messagePrefix = 'outbox'
/** It has no tables: pgoutput wants a publication, and logical messages need no table. */
export const publicationName = 'shop_capture'

/** The slot of a service's database, by which PostgreSQL keeps its log until the connector has taken it. */
export const slotNameOf = (service: string): string => `shop_${service.replaceAll('-', '_')}`
export const connectorNameOf = (service: string): string => `outbox-${service}`

/** In the order in which a service of its own relay sends them; absent ones are left out. */
const headers = [
  'ce_specversion',
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_time',
  'ce_subject',
  'ce_correlationid',
  'content-type',
  'ce_causationid',
  'traceparent',
]

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'

/** Where Connect finds a database, and as whom it reads its log. */
export interface CapturedDatabase {
  readonly service: string
  /** `postgres://role:password@host:port/database`; of a role that may replicate */
  readonly url: string
}

export interface OutboxConnectorOptions {
  /** how long messages are gathered for one request; default 10 ms */
  readonly pollIntervalMs?: number
  /** a transaction of Kafka for each request, its offset in it: nothing comes twice, everything later; default false. The worker has to allow it. */
  readonly exactlyOnce?: boolean
}

/**
 * The connector of one service's outbox, as `PUT /connectors/<name>/config` takes it. The service writes each record as one logical message
 * (`packages/store-postgres/src/log-outbox.ts`): JSON with topic, key, value and headers as texts. Two transforms of Debezium make a record
 * of them again, a third one of Kafka's drops what the router adds.
 */
export const outboxConnector = (
  { service, url }: CapturedDatabase,
  { pollIntervalMs = 10, exactlyOnce = false }: OutboxConnectorOptions = {},
): Readonly<Record<string, string>> => {
  const { hostname, port, username, password, pathname } = new URL(url)
  const prefix = `shop.capture.${service}`
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': hostname,
    'database.port': port || '5432',
    'database.user': decodeURIComponent(username),
    'database.password': decodeURIComponent(password),
    'database.dbname': pathname.slice(1),
    'plugin.name': 'pgoutput',
    'publication.name': publicationName,
    'publication.autocreate.mode': 'disabled',
    'slot.name': slotNameOf(service),
    'topic.prefix': prefix,
    'snapshot.mode': 'no_data',
    'message.prefix.include.list': messagePrefix,
    'poll.interval.ms': String(pollIntervalMs),
    // Bounds what it holds when the broker is slow: records are about 1 kB.
    'max.batch.size': '1000',
    'max.queue.size': '4000',
    'max.queue.size.in.bytes': String(32 * 1024 ** 2),
    // The log grows with what others write, too: the position is moved on by messages of its own where the service tells nothing.
    'heartbeat.interval.ms': '5000',
    'heartbeat.action.query': `SELECT pg_logical_emit_message(false, 'heartbeat', '')`,
    'topic.heartbeat.prefix': 'shop.capture.heartbeat',
    // A database that is away passes; it is tried again without end, soon.
    'errors.max.retries': '-1',
    'retriable.restart.connector.wait.ms': '1000',
    // Connect makes the heartbeat's topic by itself; those of events are there already.
    'topic.creation.default.replication.factor': '-1',
    'topic.creation.default.partitions': '1',
    'key.converter': stringConverter,
    'value.converter': stringConverter,
    'header.converter': stringConverter,
    predicates: 'told',
    'predicates.told.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    'predicates.told.pattern': `${prefix.replaceAll('.', '\\.')}\\.message`,
    transforms: 'decode,route,trim',
    'transforms.decode.type': 'io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent',
    'transforms.decode.predicate': 'told',
    'transforms.route.type': 'io.debezium.transforms.outbox.EventRouter',
    'transforms.route.predicate': 'told',
    'transforms.route.table.field.event.id': 'ce_id',
    'transforms.route.table.field.event.key': 'key',
    'transforms.route.table.field.event.payload': 'value',
    'transforms.route.route.by.field': 'topic',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the router's own placeholder
    'transforms.route.route.topic.replacement': '${routedByValue}',
    'transforms.route.table.fields.additional.placement': headers.map((name) => `${name}:header`).join(','),
    'transforms.route.table.fields.additional.error.on.missing': 'false',
    'transforms.trim.type': 'org.apache.kafka.connect.transforms.DropHeaders',
    'transforms.trim.headers': 'id',
    ...(exactlyOnce && { 'exactly.once.support': 'required', 'transaction.boundary': 'poll' }),
    'producer.override.linger.ms': '0',
  }
}
