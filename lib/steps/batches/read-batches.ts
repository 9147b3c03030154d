/** Every batch: its state, how far it came, what waits. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { progressOf } from '#lib/core/batches/progress.ts';
import { saysOf, standingOf } from '#lib/core/batches/says.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_STATES, BATCH_TRANSITIONS, BATCH_UNFINISHED, type BatchState } from '#lib/core/lifecycle.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { KEY_NAMES } from '#lib/core/people/key-actor.ts';
import type { BatchRow } from '#lib/shapes/batches.ts';
import { instantCursor, instantOf, limitOf, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { readBatchList } from '#lib/store/batches/batch-reads.sql.ts';
import { readWaiters } from '#lib/store/chunks/wait-facts.sql.ts';
import { readAttended } from '#lib/store/fleet/board-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/**
 * The newest first, with how many chunks wait for whom and how much of the batch is finished (`progress`, 0 to 1); those in a state, and those that have a
 * text in their name, however it is written.
 * @throws CountersignError `invalid` for a cursor of another list, or a state that there is not.
 */
export async function readBatches(
  actor: Actor,
  input: PageInput & { state?: string | null | undefined; name?: string | null | undefined } = {},
): Promise<Page<BatchRow>> {
  authorise(actor, 'see_batches');
  const limit = limitOf(input);
  const state = input.state ?? null;
  if (state !== null && !BATCH_STATES.includes(state as BatchState)) {
    throw new CountersignError('invalid', `There is no batch state “${state}”. Choose one of: ${BATCH_STATES.join(', ')}.`, {
      problems: [{ path: 'state', message: 'This is not a state.' }],
    });
  }
  const { pool } = db();
  const rows = await readBatchList(pool, {
    before: instantCursor(input),
    limit: limit + 1,
    state,
    name: input.name?.replaceAll('\0', '').trim() || null,
  });
  const { shown, next } = pageOf(rows, limit, instantOf);
  const [attended, waiters] = await Promise.all([
    readAttended(pool),
    readWaiters(
      pool,
      shown.filter((row) => STANDING.includes(row.state)).map(({ id }) => id),
    ),
  ]);
  const standing = Map.groupBy(waiters, ({ batchId }) => batchId);
  const says = ({ id, state, doubts }: Pick<(typeof shown)[number], 'id' | 'state' | 'doubts'>) =>
    saysOf({
      ...{ state, attended, now: new Date().toISOString(), uncertain: doubts },
      standing: standingOf(standing.get(id) ?? []),
    });
  const items = shown.map(({ finished, claims, ...row }) => ({
    ...row,
    itemsFinished: finished,
    claims: claims.map(({ by, name, chunks }) => ({ name: name ?? actorName(by, KEY_NAMES), mine: by === actor.id, chunks })),
    says: says(row),
    progress: progressOf(row.state, finished, row.itemCount),
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }));
  return { items, next };
}

/** A batch in one of these may have chunks that stand still, or are brought to an end. */
const STANDING: readonly BatchState[] = [...BATCH_UNFINISHED, BATCH_TRANSITIONS.cancel.to];
