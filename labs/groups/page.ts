/** PURE: a run as docs/consumer-groups.md. */
import type { Outcome } from './acts.ts'
import { tableOf } from './table.ts'

/** @param command as it was typed */
export const pageOf = (command: string, outcomes: readonly Outcome[]): string =>
  `${[
    '# Consumer groups, seen',
    `Written by \`${command}\`, on Kafka and PostgreSQL that were started for it. Members are processes of their own with the kit's consumer and its
inbox: what is read twice is booked once. A hundred payments a second of sixteen accounts go on through four partitions while members come and
go; sessions last 1.5 s. The command fails when a partition has not one owner, the shares are uneven, or a payment has not one effect in the
order of its account.`,
    `*Calm after*: until the broker has the members that there should be, each partition with one of them. *Stood still*: the longest time in which
nothing of a partition was handled, from the act until all partitions were handled again. On a busy machine some tenths of a second are the
machine's.`,
    tableOf(outcomes),
    `- **Eager, not cooperative.** kafkajs assigns anew from nothing: each member gives all its partitions back at every rebalance, so each one stands
still whoever comes or goes. It has no cooperative protocol ([KIP-429](https://cwiki.apache.org/confluence/display/KAFKA/KIP-429%3A+Kafka+Consumer+Incremental+Rebalance+Protocol)), so there is no line to compare with.
- **Leaving or dying.** Who leaves says so, and the others go on at once. Who is killed or paused says nothing: its partitions wait until its
session is over. One that goes on after a pause finds itself put out and joins anew; what it held is read by another one, and booked once.
- **A pause within a transaction** is worse than a death: the database hears of a dead member at once and undoes what it had begun, but a paused one
keeps its locks, here on the ids in the inbox. Its successor waits for them until the database ends the idle transaction
(\`idle_in_transaction_session_timeout\`, 20 s in the kit's pool). Whether a run shows it hangs on what the member was doing when it was paused.
- **Moving a group** needs an empty one. To the beginning everything comes again, and the inbox drops it; to the end something is skipped, which nobody
notices until it is missed; back to a time, it is there after all.
- **More partitions** send keys elsewhere: from then on an account's payments stand in two partitions, and nothing keeps the order between
them. The producer hears of new partitions within its metadata's age (five minutes), and so does a member; here both begin anew.`,
  ].join('\n\n')}\n`
