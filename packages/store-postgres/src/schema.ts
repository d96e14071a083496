/**
 * Inbox, outbox and idempotent HTTP requests of one service, in the service's own database. The outbox's table is for a
 * relay alone: what a connector is to take goes into the log (`log-outbox.ts`). It stays small and is rewritten all the time, so it is
 * vacuumed by count, not by share.
 */
export const messagingSchema = `
CREATE TABLE IF NOT EXISTS inbox (
  id uuid PRIMARY KEY,
  handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid uuid NOT NULL,
  type text NOT NULL,
  payload json NOT NULL,
  headers json NOT NULL,
  stored_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 50000);
CREATE TABLE IF NOT EXISTS requests (
  idempotency_key text PRIMARY KEY,
  fingerprint text NOT NULL,
  response json,
  at timestamptz NOT NULL DEFAULT now()
);
`
