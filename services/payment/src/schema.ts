import { anyBytesSchema, deadLettersSchema, messagingSchema, sourcesSchema } from '@shop/store-postgres'

/** In order; what was released is never changed, only added to. Amounts are minor units. */
export const migrations: readonly string[] = [
  messagingSchema,
  `
CREATE TABLE accounts (
  customer_id text PRIMARY KEY,
  balance bigint NOT NULL CHECK (balance >= 0),
  currency char(3) NOT NULL,
  blocked boolean NOT NULL DEFAULT false
);
CREATE TABLE payments (
  order_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('CAPTURED', 'DECLINED', 'REFUNDED')),
  amount bigint NOT NULL CHECK (amount > 0),
  currency char(3) NOT NULL,
  reason text
);
-- Double entry: the entries of one transaction sum to zero. The database itself refuses a second capture or refund of an order.
CREATE TABLE ledger (
  entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('capture', 'refund', 'deposit')),
  order_id uuid CHECK ((order_id IS NULL) = (kind = 'deposit')),
  account text NOT NULL,
  amount bigint NOT NULL,
  currency char(3) NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (order_id, kind, account)
);
`,
  deadLettersSchema,
  // The events that were told of the payment, to be told again; NULL in payments of before.
  `ALTER TABLE payments ADD COLUMN told json;`,
  anyBytesSchema,
  sourcesSchema,
  // The PaymentCaptured that was told; NULL in payments of before.
  `ALTER TABLE payments ADD COLUMN captured_id uuid;`,
]
