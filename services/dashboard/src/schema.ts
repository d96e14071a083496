/** Raised by any change of the tables or of what is concluded: a store of another version is thrown away and rebuilt from the topics. */
export const version = 2

export const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The next offset of each partition: written in the transaction that keeps what came before it.
CREATE TABLE positions (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  orderId TEXT PRIMARY KEY, customerId TEXT, total INTEGER, currency TEXT, reason TEXT, state TEXT NOT NULL,
  firstAt INTEGER NOT NULL, lastAt INTEGER NOT NULL, lastType TEXT NOT NULL, endedAt INTEGER,
  events INTEGER NOT NULL, duplicates INTEGER NOT NULL, deadLetters INTEGER NOT NULL, compensated INTEGER NOT NULL,
  waitingFor TEXT NOT NULL, omitted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_age ON orders (firstAt, orderId);
CREATE INDEX orders_by_state ON orders (state, firstAt, orderId);
CREATE INDEX orders_by_customer ON orders (customerId, firstAt, orderId);

-- Together per order, as they are read.
CREATE TABLE events (
  orderId TEXT, topic TEXT, partition INTEGER, offset INTEGER, id TEXT NOT NULL, type TEXT NOT NULL, causationId TEXT,
  correlationId TEXT NOT NULL, traceparent TEXT, at INTEGER NOT NULL, writtenAt INTEGER NOT NULL, seenAt INTEGER NOT NULL,
  copyOf TEXT, data TEXT, error TEXT, PRIMARY KEY (orderId, topic, partition, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE letters (
  orderId TEXT, topic TEXT, partition INTEGER, offset INTEGER, consumer TEXT NOT NULL, position TEXT NOT NULL, kind TEXT NOT NULL,
  error TEXT NOT NULL, attempts INTEGER NOT NULL, type TEXT, eventId TEXT, firstAt TEXT NOT NULL, lastAt TEXT NOT NULL,
  PRIMARY KEY (orderId, topic, partition, offset)
) STRICT, WITHOUT ROWID;

-- Figures of the whole shop, and of each step of the series.
CREATE TABLE figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE series (at INTEGER, name TEXT, value INTEGER NOT NULL, PRIMARY KEY (at, name)) STRICT, WITHOUT ROWID;
`
