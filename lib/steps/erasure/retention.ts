/** What goes by age: where the settings say after how many days, and only then. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { RETENTION_LISTED, RETENTION_TURN } from '#lib/core/limits.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import { env } from '#lib/env.ts';
import { sha256 } from '#lib/ledger/canonical.ts';
import type { RetentionView } from '#lib/shapes/erasure.ts';
import { insertErasure } from '#lib/store/erasure/erasures.ts';
import { type Due, isErasing, readDue } from '#lib/store/erasure/retention.sql.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { letGoOn } from './confirm-erasure.ts';

/** What would go now, the oldest first. Nothing does by looking. */
export async function readRetention(actor: Actor): Promise<RetentionView> {
  authorise(actor, 'erase');
  const days = settings();
  const due = await readDue(db().pool, { ...days, limit: RETENTION_LISTED + 1 });
  return {
    ...days,
    due: due.slice(0, RETENTION_LISTED).map(({ endedAt, ...one }) => ({ ...one, endedAt: endedAt.toISOString() })),
    more: due.length > RETENTION_LISTED,
  };
}

/** Begins to erase what is due, so much at a turn. What is refused now, because a batch began meanwhile, is looked at again in the next. */
export async function keepRetention(): Promise<void> {
  const days = settings();
  for (const due of await readDue(db().pool, { ...days, limit: RETENTION_TURN }))
    await begin(due, due.kind === 'original' ? days.originalsDays : days.valuesDays).catch((error: unknown) => {
      if (!(error instanceof CountersignError)) throw error;
    });
}

const settings = () => ({
  originalsDays: env().RETAIN_ORIGINALS_DAYS ?? null,
  valuesDays: env().RETAIN_VALUES_DAYS ?? null,
});

function begin({ kind, id: subject }: Due, days: number | null): Promise<void> {
  return inTransaction(db().pool, async (tx) => {
    const id = randomUUID();
    const about = `${kind === 'batch' ? 'batch' : 'dataset'}:${subject}`;
    // Another worker's turn: what it began goes on.
    if (await isErasing(tx, about)) return;
    const salt = randomBytes(32);
    const digest = sha256(Buffer.concat([salt, Buffer.from(about)]));
    await insertErasure(tx, {
      ...{ id, kind, about, state: 'found', wanted: null, salt: bytesOf(salt), digest: bytesOf(digest), askedBy: SYSTEM.id },
    });
    const reason = `Retention: ${days} days after ${kind === 'batch' ? 'it' : 'its last batch'} ended.`;
    await letGoOn(tx, { id, reason, count: null }, { id: SYSTEM.id, via: 'system' });
  });
}
