import { anyBytesSchema, deadLettersSchema, messagingSchema, sourcesSchema, waitingSchema } from '@shop/store-postgres'

/** In order; what was released is never changed, only added to. */
export const migrations: readonly string[] = [
  messagingSchema,
  `
CREATE TABLE stock (
  sku text PRIMARY KEY,
  on_hand bigint NOT NULL,
  reserved bigint NOT NULL DEFAULT 0,
  issued bigint NOT NULL DEFAULT 0 CHECK (issued >= 0),
  received bigint NOT NULL,
  CHECK (0 <= reserved AND reserved <= on_hand),
  CHECK (on_hand + issued = received)
);
CREATE TABLE reservations (
  order_id uuid PRIMARY KEY,
  -- NULL until OrderPlaced and PaymentCaptured have both come
  status text CHECK (status IN ('RESERVED', 'REJECTED', 'RELEASED', 'ISSUED')),
  lines jsonb CHECK (status IS NULL OR lines IS NOT NULL),
  reason text,
  -- a PaymentCaptured that came before OrderPlaced, until it is decided
  early json CHECK (early IS NULL OR lines IS NULL)
);
`,
  deadLettersSchema,
  // A reservation changes three times within a moment: with room on its page the indexes need not follow.
  `ALTER TABLE reservations SET (fillfactor = 50);`,
  // What waits is kept by the store from here on: an early PaymentCaptured, and of which orders OrderPlaced has come.
  `
${waitingSchema}
INSERT INTO arrivals (key, type, arrived, waiting)
  SELECT order_id, 'OrderPlaced', lines IS NOT NULL, CASE WHEN early IS NULL THEN '[]'::json ELSE json_build_array(early) END
    FROM reservations;
DELETE FROM reservations WHERE lines IS NULL;
ALTER TABLE reservations DROP COLUMN early, ALTER COLUMN lines SET NOT NULL;
`,
  // The events that were told of the reservation, to be told again; NULL in reservations of before.
  `ALTER TABLE reservations ADD COLUMN told json;`,
  anyBytesSchema,
  sourcesSchema,
  // What a payment and a delivery have to agree with; NULL in reservations of before.
  `ALTER TABLE reservations ADD COLUMN placed json, ADD COLUMN contradicted boolean NOT NULL DEFAULT false,
     ADD COLUMN captured_id uuid, ADD COLUMN reserved_id uuid;`,
]
